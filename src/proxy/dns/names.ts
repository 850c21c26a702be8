import type { NameTable } from "../../xds/index.ts";

interface Index {
  readonly exact: ReadonlyMap<string, readonly string[]>;
  /** `*.example.com` under `example.com`. */
  readonly wildcards: ReadonlyMap<string, readonly string[]>;
  /** `shortname.namespace`. */
  readonly short: ReadonlyMap<string, readonly string[]>;
  readonly hostOf: ReadonlyMap<string, string>;
}

/** A table is never changed once made, so what it says is worked out once. */
const indexes = new WeakMap<NameTable, Index>();

function indexOf(table: NameTable): Index {
  const known = indexes.get(table);
  if (known) return known;
  const exact = new Map<string, readonly string[]>();
  const wildcards = new Map<string, readonly string[]>();
  const short = new Map<string, readonly string[]>();
  const hostOf = new Map<string, string>();
  for (const [host, entry] of Object.entries(table.table)) {
    for (const name of [host, ...(entry.alt_hosts ?? [])]) {
      const plain = name.toLowerCase().replace(/\.$/, "");
      if (plain.startsWith("*.")) wildcards.set(plain.slice(2), entry.ips);
      else exact.set(plain, entry.ips);
    }
    if (entry.shortname && entry.namespace) short.set(`${entry.shortname}.${entry.namespace}`, entry.ips);
    for (const address of entry.ips) if (!hostOf.has(address)) hostOf.set(address, host);
  }
  const index = { exact, wildcards, short, hostOf };
  indexes.set(table, index);
  return index;
}

/** The addresses of a host as a caller in `namespace` knows it; undefined: not in the mesh. An exact name beats a wildcard, a longer wildcard a shorter one. */
export function addressesOf(
  tables: readonly NameTable[],
  name: string,
  namespace: string,
): readonly string[] | undefined {
  for (const table of tables) {
    const index = indexOf(table);
    const found = index.exact.get(name) ?? (name.includes(".") ? undefined : index.short.get(`${name}.${namespace}`));
    if (found) return found;
  }
  for (let dot = name.indexOf("."); dot !== -1; dot = name.indexOf(".", dot + 1)) {
    for (const table of tables) {
      const found = indexOf(table).wildcards.get(name.slice(dot + 1));
      if (found) return found;
    }
  }
  return undefined;
}

/** The host an address belongs to. */
export function hostOf(tables: readonly NameTable[], address: string): string | undefined {
  for (const table of tables) {
    const host = indexOf(table).hostOf.get(address);
    if (host !== undefined) return host;
  }
  return undefined;
}
