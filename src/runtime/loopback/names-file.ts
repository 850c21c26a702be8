import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SandboxSpec } from "../sandbox.ts";

type Names = Readonly<Record<string, readonly string[]>>;

/** The file a pod's resolver shim reads: the mesh's names, its own, and its `hostAliases`, which win as in /etc/hosts. */
export class NamesFile {
  readonly path: string;
  readonly #folder: string;
  readonly #own: Names;
  #written = "";

  constructor(folder: string, { hostname, hostAliases }: SandboxSpec, podIP: string) {
    this.#folder = folder;
    this.path = join(folder, "names.json");
    const own: Record<string, string[]> = { [hostname.toLowerCase()]: [podIP] };
    for (const { ip, hostnames } of hostAliases) {
      for (const name of hostnames) (own[name.toLowerCase()] ??= []).push(ip);
    }
    this.#own = own;
  }

  /** Whole or not at all: programs may read at any moment. */
  write(names: Names): void {
    const text = JSON.stringify({ ...names, ...this.#own });
    if (text === this.#written) return;
    mkdirSync(this.#folder, { recursive: true });
    const partial = `${this.path}.partial`;
    writeFileSync(partial, text, { mode: 0o600 });
    renameSync(partial, this.path);
    this.#written = text;
  }
}
