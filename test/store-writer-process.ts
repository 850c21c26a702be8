/** Writes to a store as fast as it can and tells every write that was acknowledged, for the story that kills it or fills its disk. */
import { closeSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { codeOf, explain } from "../src/base/index.ts";
import { keyOf, type KubeObject } from "../src/model/index.ts";
import { type Change, openSqliteStore, type Store } from "../src/store/index.ts";

/** A line of what it tells: the write with this version is done. */
export interface Acknowledged {
  readonly type: Change["type"];
  readonly key: string;
  readonly version: number;
  readonly text: string;
}

export interface Filled {
  /** What the first refused write said. */
  readonly refusal: string;
  readonly code: string | undefined;
  /** Version before the refusal, after it, and after opening anew. */
  readonly versions: readonly number[];
  /** Acknowledged writes that are not there after opening anew. */
  readonly lost: readonly string[];
  /** What opening anew on the full disk said, if it was refused. */
  readonly openingRefused: string | undefined;
  /** Version of a write after there was room again. */
  readonly again: number;
}

export const resource = "configmaps";
/** Long enough that the file soon has many pages. */
const filler = "x".repeat(2000);

/** Synchronous, so that what is told was told before the process can be killed. */
const tell = (line: object) => writeSync(1, `${JSON.stringify(line)}\n`);

const draft = (name: string, text: string): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
  data: { text, filler },
});

async function write(store: Store, change: Change, text: string): Promise<Acknowledged> {
  const written = await store.write(change);
  return { type: change.type, key: keyOf(written), version: Number(written.metadata.resourceVersion), text };
}

/** Creates, changes and deletes a few objects again and again, several writes at a time. */
async function goOn(store: Store): Promise<never> {
  for (let round = 0; ; round += 1) {
    const writes = Array.from({ length: 8 }, (_, index) => {
      const name = `setting-${(round * 3 + index) % 20}`;
      const text = `${process.pid} ${round} ${index}`;
      const current = store.get(resource, `default/${name}`);
      const version = current?.metadata.resourceVersion;
      if (version === undefined) return write(store, { type: "create", resource, object: draft(name, text) }, text);
      if ((round + index) % 5 === 0)
        return write(store, { type: "delete", resource, key: `default/${name}`, version }, "");
      return write(store, { type: "update", resource, object: draft(name, text), version }, text);
    });
    await Promise.all(writes.map((done) => done.then(tell)));
  }
}

/** Writes until the disk is full, then looks at what is left, makes room and writes again. */
async function fill(path: string): Promise<Filled> {
  const ballast = join(dirname(path), "ballast");
  writeFileSync(ballast, Buffer.alloc(200_000));
  let store = openSqliteStore({ path });
  const done: Acknowledged[] = [];
  const refused = await refusalOf(store, done);
  const versions = [done.at(-1)?.version ?? 0, store.version];
  await store.close();
  const rest = join(dirname(path), "rest");
  fillFile(rest);
  let openingRefused: string | undefined;
  try {
    store = openSqliteStore({ path });
  } catch (error) {
    openingRefused = explain(error);
  }
  rmSync(ballast);
  rmSync(rest);
  if (openingRefused !== undefined) store = openSqliteStore({ path });
  versions.push(store.version);
  const lost = done.filter(({ key }) => store.get(resource, key) === undefined).map(({ key }) => key);
  const again = await write(store, { type: "create", resource, object: draft("after", "after") }, "after");
  await store.close();
  return {
    refusal: explain(refused),
    code: codeOf(refused),
    versions,
    lost,
    openingRefused,
    again: again.version,
  };
}

/** Creates objects until one is refused, and gives that refusal. */
async function refusalOf(store: Store, done: Acknowledged[]): Promise<unknown> {
  for (let count = 0; count < 100_000; count += 1) {
    const name = `setting-${count}`;
    try {
      done.push(await write(store, { type: "create", resource, object: draft(name, name) }, name));
    } catch (error) {
      return error;
    }
  }
  throw new Error("the disk did not become full");
}

/** Takes what room is left. */
function fillFile(path: string): void {
  const file = openSync(path, "w");
  try {
    for (;;) writeSync(file, Buffer.alloc(4096));
  } catch (error) {
    if (codeOf(error) !== "ENOSPC") throw error;
  } finally {
    closeSync(file);
  }
}

if (import.meta.main) {
  const [mode, path = ""] = process.argv.slice(2);
  if (mode === "fill") tell(await fill(path));
  else await goOn(openSqliteStore({ path, historyLength: 1_000_000 }));
}
