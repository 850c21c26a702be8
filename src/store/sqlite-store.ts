import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { codeOf, Fault } from "../base/index.ts";
import type { KubeObject } from "../model/index.ts";
import type { Store, StoreEvent } from "./store.ts";
import { type Journal, type Remembered, VersionedStore } from "./versioned-store.ts";

export interface SqliteStoreOptions {
  /** The file; SQLite puts its write-ahead log beside it. The folder must exist. */
  readonly path: string;
  /** How many writes a watch can look back, also across restarts. */
  readonly historyLength?: number;
  /** The file grows no larger (bytes); writes that would are refused as on a full disk. */
  readonly maxBytes?: number;
}

/** The format this code writes; a file of a later one is refused. */
const format = 1;
const pageBytes = 4096;

/**
 * A store in one SQLite file, one process at a time: the lock is SQLite's own on the file, so it ends with its holder however that dies.
 * Beside it `PATH.holder` names the holder, for the sentence another process prints.
 */
export function openSqliteStore(options: SqliteStoreOptions): Store {
  const path = resolve(options.path);
  const database = open(path);
  try {
    const historyLength = options.historyLength ?? 10_000;
    prepare(database, path, options.maxBytes);
    const journal = new SqliteJournal(database, path);
    const remembered = journal.load();
    writeFileSync(holderFile(path), `${JSON.stringify({ pid: process.pid, since: new Date().toISOString() })}\n`);
    return new VersionedStore({ historyLength, journal, remembered });
  } catch (error) {
    database.close();
    throw faultOf(error, path);
  }
}

function open(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: 200 });
  } catch (error) {
    throw faultOf(error, path);
  }
}

function prepare(database: DatabaseSync, path: string, maxBytes: number | undefined): void {
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  database.exec("PRAGMA journal_mode = WAL");
  // Each commit waits for the disk: what was acknowledged survives a power cut.
  database.exec("PRAGMA synchronous = FULL");
  if (maxBytes !== undefined) database.exec(`PRAGMA max_page_count = ${Math.floor(maxBytes / pageBytes)}`);
  // Takes the lock now, not at the first write.
  database.exec("BEGIN IMMEDIATE");
  const found = Number(database.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
  if (found > format) {
    throw new Fault("store-newer", `${path} was written by a later version of Weft`, {
      remedy: "run that version, or give another folder with --data-dir",
    });
  }
  if (found === 0) {
    database.exec(`
      CREATE TABLE objects (resource TEXT, key TEXT, text TEXT NOT NULL, PRIMARY KEY (resource, key)) WITHOUT ROWID;
      CREATE TABLE history (
        version INTEGER PRIMARY KEY, type TEXT NOT NULL, resource TEXT NOT NULL, key TEXT NOT NULL,
        text TEXT NOT NULL, previous TEXT
      );
      PRAGMA user_version = ${format};
    `);
  }
  database.exec("COMMIT");
}

class SqliteJournal implements Journal {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #remember;
  readonly #put;
  readonly #remove;
  readonly #forget;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    // The text before is copied inside SQLite, so nobody has to keep or make it again.
    this.#remember = database.prepare(
      `INSERT INTO history (version, type, resource, key, text, previous)
       VALUES (?1, ?2, ?3, ?4, ?5, (SELECT text FROM objects WHERE resource = ?3 AND key = ?4))`,
    );
    this.#put = database.prepare("INSERT OR REPLACE INTO objects (resource, key, text) VALUES (?, ?, ?)");
    this.#remove = database.prepare("DELETE FROM objects WHERE resource = ? AND key = ?");
    this.#forget = database.prepare("DELETE FROM history WHERE version <= ?");
  }

  load(): Remembered {
    const history = this.#database
      .prepare("SELECT version, type, resource, key, text, previous FROM history ORDER BY version")
      .all()
      .map(eventOfRow);
    const objects = this.#database
      .prepare("SELECT resource, text FROM objects")
      .all()
      .map((row) => ({ resource: String(row["resource"]), object: parse(row["text"]) }));
    return { version: history.at(-1)?.version ?? 1, history, objects };
  }

  commit(events: readonly StoreEvent[], oldest: number): void {
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      for (const { version, type, resource, key, object } of events) {
        const text = JSON.stringify(object);
        this.#remember.run(version, type, resource, key, text);
        if (type === "DELETED") this.#remove.run(resource, key);
        else this.#put.run(resource, key, text);
      }
      this.#forget.run(oldest);
      this.#database.exec("COMMIT");
    } catch (error) {
      // Some errors end the transaction by themselves.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw faultOf(error, this.#path);
    }
  }

  close(): void {
    rmSync(holderFile(this.#path), { force: true });
    this.#database.close();
  }
}

function eventOfRow(row: Record<string, unknown>): StoreEvent {
  const common = {
    version: Number(row["version"]),
    resource: String(row["resource"]),
    key: String(row["key"]),
    object: parse(row["text"]),
  };
  const previous = row["previous"];
  switch (row["type"]) {
    case "ADDED":
      return { type: "ADDED", ...common };
    case "MODIFIED":
      return { type: "MODIFIED", ...common, previous: parse(previous) };
    case "DELETED":
      return { type: "DELETED", ...common, previous: parse(previous) };
    default:
      throw new Fault("store-damaged", `the store's history has an event of the unknown type ${String(row["type"])}`);
  }
}

function parse(text: unknown): KubeObject {
  return JSON.parse(String(text)) as KubeObject;
}

const holderFile = (path: string) => `${path}.holder`;

/** SQLite's result codes (sqlite.org/rescode.html) as sentences. */
function faultOf(error: unknown, path: string): Fault {
  if (error instanceof Fault) return error;
  const cause = error instanceof Error ? error.message : String(error);
  const noRoom = ["ENOSPC", "EDQUOT"].includes(codeOf(error) ?? "");
  const code =
    typeof error === "object" && error !== null && "errcode" in error ? Number(error.errcode) : noRoom ? 13 : 0;
  // The low byte is the kind, the rest says more.
  switch (code & 0xff) {
    case 5:
    case 6:
      return new Fault("store-locked", `${path} is in use by ${holderOf(path)}`, {
        remedy: "stop it (weft down), or give this one another folder with --data-dir",
        cause: error,
      });
    case 13:
      return new Fault("store-full", `no room to write to ${path}: nothing was changed`, {
        remedy: "make room on the disk, then try again",
        cause: error,
      });
    case 8:
    case 14:
    case 23:
      return new Fault("store-failed", `cannot open ${path}: ${cause}`, {
        remedy: "check that the folder exists and may be written to, or give another with --data-dir",
        cause: error,
      });
    case 11:
    case 26:
      return new Fault("store-damaged", `${path} is damaged or no store of Weft: ${cause}`, {
        remedy: "move it away to start empty, or restore a copy",
        cause: error,
      });
    default:
      return new Fault("store-failed", `cannot use ${path}: ${cause}`, {
        remedy: "check the disk; nothing was changed by the last write",
        cause: error,
      });
  }
}

function holderOf(path: string): string {
  try {
    const { pid, since } = JSON.parse(readFileSync(holderFile(path), "utf8")) as { pid: number; since: string };
    return `process ${pid} (since ${since})`;
  } catch {
    return "another process";
  }
}
