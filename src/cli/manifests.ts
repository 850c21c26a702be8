import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { codeOf, Fault } from "../base/index.ts";
import { apiVersionOf, type Finding, findKind, type LocatedObject, readManifests, validate } from "../model/index.ts";

export interface Files {
  /** How many were read. */
  readonly count: number;
  /** In the order they were read. */
  readonly objects: readonly LocatedObject[];
  /** Of all files: what could not be read, what is wrong, what is worth knowing. */
  readonly findings: readonly Finding[];
}

/**
 * Reads files, folders (their own .yaml, .yml and .json files, by name, not those of folders inside) and `-`, standard input.
 * A Fault names what cannot be read at all; whatever is wrong inside is a finding.
 */
export async function readPaths(paths: readonly string[], input: () => Promise<string>): Promise<Files> {
  const objects: LocatedObject[] = [];
  const findings: Finding[] = [];
  const files = [...new Set(paths.flatMap(filesOf))];
  for (const file of files) {
    const { objects: found, findings: faults } = file === "-" ? readManifests(await input(), "stdin") : read(file);
    findings.push(...faults);
    for (const located of found) {
      findings.push(...validate(located.object, located.positions));
      objects.push(located);
    }
  }
  return { count: files.length, objects, findings };
}

export function errorsOf(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ severity }) => severity === "error");
}

function filesOf(path: string): string[] {
  if (path === "-") return [path];
  try {
    if (!statSync(path).isDirectory()) return [path];
    const files = readdirSync(path)
      .filter((name) => /\.(yaml|yml|json)$/i.test(name) && statSync(join(path, name)).isFile())
      .toSorted();
    if (files.length > 0) return files.map((name) => join(path, name));
  } catch (error) {
    throw unreadable(path, error);
  }
  throw new Fault("no-manifests", `${path} has no .yaml, .yml or .json file of its own`, {
    remedy: "folders inside it are not read: name the one that is meant",
  });
}

function read(file: string) {
  try {
    return readManifests(readFileSync(file, "utf8"), file);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    throw unreadable(file, error);
  }
}

function unreadable(path: string, error: unknown): Fault {
  const [reason, remedy] = reasons[codeOf(error) ?? ""] ?? [error instanceof Error ? error.message : String(error)];
  return new Fault("unreadable", `cannot read ${path}: ${reason}`, {
    cause: error,
    ...(remedy !== undefined && { remedy }),
  });
}

const reasons: Readonly<Record<string, readonly [reason: string, remedy: string]>> = {
  ENOENT: ["there is no such file or folder", "paths begin at the folder you are in; check the spelling"],
  ENOTDIR: ["a part of the path is a file, not a folder", "check the spelling"],
  EACCES: ["permission denied", "make it readable for you, or give another path"],
  EISDIR: ["it is a folder", "give a file"],
};

/** Warns of objects that stand more than once in what is about to be used: only the last one counts, which is seldom meant. */
export function twice(objects: readonly LocatedObject[]): Finding[] {
  const first = new Map<string, LocatedObject>();
  return objects.flatMap((located): Finding[] => {
    const { apiVersion, kind: title, metadata } = located.object;
    const kind = findKind(apiVersion, title);
    if (!kind || !metadata.name) return [];
    const key = [apiVersionOf(kind), title, metadata.namespace ?? "default", metadata.name].join(" ");
    const before = first.get(key);
    if (!before) {
      first.set(key, located);
      return [];
    }
    const { file, line } = before.at;
    const message = `${title} "${metadata.name}" stands at ${file}:${line} too; this one replaces it`;
    return [{ severity: "warning", code: "object-twice", path: "metadata.name", message, at: located.at }];
  });
}
