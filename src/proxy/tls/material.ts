import { readFileSync, statSync } from "node:fs";
import { systemClock, type Clock } from "../../base/index.ts";
import type { DataSource, Secret } from "../../xds/index.ts";

/** A secret by its name, as it is now; undefined: unknown. */
export type SecretLookup = (name: string) => Secret | undefined;

/** Certificates and keys are small; what is larger is something else. */
const mostBytes = 1_048_576;

/** Milliseconds after which files are looked at again, when they are wanted. */
const freshFor = 2000;

export interface MaterialOptions {
  readonly secret?: SecretLookup;
  readonly clock?: Clock;
  /** Told why what has changed cannot be used. */
  readonly trouble?: (why: string) => void;
}

/** Where certificates, keys and secrets come from; who uses them looks whether they have changed. */
export class Material {
  readonly #secret: SecretLookup;
  readonly #clock: Clock;
  readonly trouble: (why: string) => void;
  /** The files that were read, and what they were like then. */
  readonly #files = new Map<string, string>();
  #version = 0;
  #lookedAt: number;

  constructor({ secret, clock = systemClock, trouble }: MaterialOptions = {}) {
    this.#secret = secret ?? (() => undefined);
    this.#clock = clock;
    this.trouble = trouble ?? (() => undefined);
    this.#lookedAt = clock.monotonic();
  }

  /** Grows with every change of a secret or a file. */
  get version(): number {
    const now = this.#clock.monotonic();
    if (this.#files.size === 0 || now - this.#lookedAt < freshFor) return this.#version;
    this.#lookedAt = now;
    for (const [file, before] of this.#files) {
      const today = stampOf(file);
      // A file on its way to be replaced may be missing for a moment.
      if (today === undefined || today === before) continue;
      this.#files.set(file, today);
      this.#version += 1;
    }
    return this.#version;
  }

  /** Throws where no such secret is known. */
  secret(name: string, path: string): Secret {
    const secret = this.#secret(name);
    if (!secret) {
      throw new RangeError(`${path}: no secret is called ${JSON.stringify(name)}; only static secrets are supported`);
    }
    return secret;
  }

  /** Secrets have changed: who uses them asks for them again before the next connection. */
  changed(): void {
    this.#version += 1;
  }

  /** The bytes of a source. Throws with the field's path; never with what was read. */
  read(source: DataSource | undefined, path: string): Buffer | undefined {
    if (!source) return undefined;
    const { filename, inline_string, inline_bytes, environment_variable } = source;
    if (filename !== undefined) return this.#fileBytes(filename, `${path}.filename`);
    if (inline_string !== undefined) return Buffer.from(inline_string);
    if (inline_bytes !== undefined) return Buffer.from(inline_bytes, "base64");
    const name = environment_variable ?? "";
    const value = process.env[name];
    if (value === undefined) throw new RangeError(`${path}.environment_variable: ${name} is not set`);
    return Buffer.from(value);
  }

  #fileBytes(file: string, path: string): Buffer {
    try {
      const stamp = stampOf(file);
      const bytes = readFileSync(file);
      if (bytes.length > mostBytes) throw new RangeError(`it has ${bytes.length} bytes, more than ${mostBytes}`);
      this.#files.set(file, stamp ?? "");
      return bytes;
    } catch (error) {
      throw new RangeError(`${path}: cannot read ${file}: ${whyOf(error)}`, { cause: error });
    }
  }
}

const whyOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** What changes whenever a file does, or what a link leads to. */
function stampOf(file: string): string | undefined {
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stats && `${stats.ino} ${stats.size} ${stats.mtimeNs}`;
}

/** Something made of material, and made again once that has changed. */
export class Renewed<T> {
  readonly #material: Material;
  readonly #make: () => T;
  #version: number;
  #made: T;

  /** Throws what the first making throws. */
  constructor(material: Material, make: () => T) {
    this.#material = material;
    this.#make = make;
    this.#version = material.version;
    this.#made = make();
  }

  /** What cannot be made any more, of a file half written for example, leaves the old one in force. */
  get now(): T {
    const { version } = this.#material;
    if (version !== this.#version) {
      this.#version = version;
      try {
        this.#made = this.#make();
      } catch (error) {
        this.#material.trouble(whyOf(error));
      }
    }
    return this.#made;
  }
}
