import { staticNames, staticValues } from "./static-table.ts";

/**
 * How an encoder writes a field it does not find in its table: `added` to the table; not added because it `varies`,
 * or does behind its `query`; `secret`, which no hop may ever add (RFC 7541 §7.1.3), or that only when it is short
 * enough to be guessed; `unfit` to be remembered.
 */
export type Keeping = "added" | "varies" | "query" | "secret" | "short-secret" | "unfit";

export interface NameFacts {
  /** Lower case. */
  readonly name: string;
  /** The first of the static table's entries of this name; 0: none. */
  readonly index: number;
  /** Indices of the static table by value, for names that have values there. */
  readonly values: ReadonlyMap<string, number> | undefined;
  readonly keeping: Keeping;
}

/** What is not listed is added. Values that change with nearly every message would only drive others out. */
const keepings: Readonly<Partial<Record<Keeping, readonly string[]>>> = {
  query: [":path"],
  secret: ["authorization", "proxy-authorization", "set-cookie"],
  "short-secret": ["cookie"],
  varies: [
    "age",
    "content-length",
    "content-range",
    "etag",
    "grpc-timeout",
    "if-modified-since",
    "if-none-match",
    "last-modified",
    "location",
    "range",
    "traceparent",
    "tracestate",
    "x-b3-parentspanid",
    "x-b3-spanid",
    "x-b3-traceid",
    "x-envoy-expected-rq-timeout-ms",
    "x-envoy-upstream-service-time",
    "x-request-id",
  ],
};

/** Names that have a place in the static table or a keeping of their own. */
const known = new Map<string, NameFacts>();

for (const [index, name] of staticNames.entries()) {
  if (index === 0 || known.has(name)) continue;
  const values = new Map<string, number>();
  for (let at = index; staticNames[at] === name; at += 1) values.set(staticValues[at] ?? "", at);
  known.set(name, { name, index, values: values.has("") ? undefined : values, keeping: "added" });
}
for (const keeping of ["query", "secret", "short-secret", "varies"] as const) {
  for (const name of keepings[keeping] ?? []) {
    known.set(name, { index: 0, values: undefined, ...known.get(name), name, keeping });
  }
}

export function nameFacts(name: string, keeping: "added" | "unfit"): NameFacts {
  return known.get(name) ?? { name, index: 0, values: undefined, keeping };
}
