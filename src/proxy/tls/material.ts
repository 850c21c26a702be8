import { readFileSync, statSync } from "node:fs";
import type { DataSource, Secret } from "../../xds/index.ts";

/** A secret by its name, as it is now; undefined: unknown. */
export type SecretLookup = (name: string) => Secret | undefined;

/** Certificates and keys are small; what is larger is something else. */
const mostBytes = 1_048_576;

/** Where certificates, keys and secrets come from; who uses them looks whether they have changed. */
export class Material {
  readonly #secret: SecretLookup;
  /** Grows with every change. */
  version = 0;

  constructor(secret: SecretLookup = () => undefined) {
    this.#secret = secret;
  }

  /** Throws where no such secret is known. */
  secret(name: string, path: string): Secret {
    const secret = this.#secret(name);
    if (!secret) {
      throw new RangeError(`${path}: no secret is called ${JSON.stringify(name)}; only static secrets are supported`);
    }
    return secret;
  }

  /** Secrets or files have changed: who uses them reads them again before the next connection. */
  changed(): void {
    this.version += 1;
  }

  /** The bytes of a source. Throws with the field's path; never with what was read. */
  read(source: DataSource | undefined, path: string): Buffer | undefined {
    if (!source) return undefined;
    const { filename, inline_string, inline_bytes, environment_variable } = source;
    if (filename !== undefined) return fileBytes(filename, `${path}.filename`);
    if (inline_string !== undefined) return Buffer.from(inline_string);
    if (inline_bytes !== undefined) return Buffer.from(inline_bytes, "base64");
    const name = environment_variable ?? "";
    const value = process.env[name];
    if (value === undefined) throw new RangeError(`${path}.environment_variable: ${name} is not set`);
    return Buffer.from(value);
  }
}

function fileBytes(file: string, path: string): Buffer {
  try {
    const { size } = statSync(file);
    if (size > mostBytes) throw new RangeError(`it has ${size} bytes, more than ${mostBytes}`);
    return readFileSync(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RangeError(`${path}: cannot read ${file}: ${why}`, { cause: error });
  }
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
      } catch {
        // Told where the change is noticed.
      }
    }
    return this.#made;
  }
}
