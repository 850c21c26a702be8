import type { LookupAddress } from "node:dns";

/** The text of a script that any Node program can `--require`: it must stand alone, whatever Node runs it. */
export function resolverShim(): string {
  return `"use strict";\n(${patchLookups.toString()})(require, process.env.WEFT_NAMES);\n`;
}

type Answer = (error: Error | null, address: string | readonly LookupAddress[], family?: number) => void;

/**
 * Lets `dns.lookup` answer from a file of names (`{"host": ["address"]}`), and everything else as before.
 * Its source text is what programs run, so it may use nothing around it and only what Node 16 knows.
 */
function patchLookups(require: NodeJS.Require, file: string | undefined): void {
  if (!file) return;
  const dns = require("node:dns") as typeof import("node:dns");
  const fs = require("node:fs") as typeof import("node:fs");
  const before = { lookup: dns.lookup, promise: dns.promises.lookup };
  let names: Record<string, string[]> = {};
  let version = "";

  function find(host: unknown): LookupAddress[] | undefined {
    try {
      const { mtimeMs, ino, size } = fs.statSync(file as string);
      const found = `${mtimeMs} ${ino} ${size}`;
      if (found !== version) names = JSON.parse(fs.readFileSync(file as string, "utf8"));
      version = found;
    } catch {
      // The pod is being taken away: what was known stays known.
    }
    const name = String(host).toLowerCase().replace(/\.$/, "");
    const addresses = Object.prototype.hasOwnProperty.call(names, name) ? names[name] : undefined;
    return addresses && addresses.length > 0 ? addresses.map((address) => ({ address, family: 4 })) : undefined;
  }

  function wanted(options: unknown): { all: boolean; six: boolean } {
    const { all, family } = Object(typeof options === "object" ? options : { family: options });
    return { all: all === true, six: family === 6 || family === "IPv6" };
  }

  function lookup(this: unknown, host: unknown, ...rest: unknown[]): void {
    const { all, six } = wanted(typeof rest[0] === "function" ? undefined : rest[0]);
    const answer = rest[rest.length - 1] as Answer;
    const found = six ? undefined : find(host);
    if (!found || typeof answer !== "function") return Reflect.apply(before.lookup, this, [host, ...rest]);
    const [first] = found;
    process.nextTick(() => (all ? answer(null, found) : answer(null, first ? first.address : "", 4)));
  }

  function promised(this: unknown, host: unknown, options: unknown): unknown {
    const { all, six } = wanted(options);
    const found = six ? undefined : find(host);
    if (!found) return Reflect.apply(before.promise, this, [host, options]);
    return Promise.resolve(all ? found : found[0]);
  }

  // Symbols come along too: `util.promisify` knows lookup by one.
  dns.lookup = Object.defineProperties(lookup, Object.getOwnPropertyDescriptors(before.lookup)) as typeof dns.lookup;
  dns.promises.lookup = promised as typeof dns.promises.lookup;
  (require("node:module") as typeof import("node:module")).syncBuiltinESMExports();
}
