import { isIP } from "node:net";
import { codeOf } from "../../base/index.ts";
import type { NameTable } from "../../xds/index.ts";
import type { ResolveName } from "../config/resolution.ts";
import {
  printAddress,
  printName,
  recordTypes,
  responseCodes,
  type Answer,
  type DnsRecord,
  type Query,
} from "./codec.ts";
import { addressesOf, hostOf } from "./names.ts";

/** What one caller sees. */
export interface DnsView {
  readonly namespace: string;
  readonly tables: readonly NameTable[];
}

/** Istio's time to live, seconds. */
const ttl = 30;
const none = (code: number): Answer => ({ code, records: [] });

/**
 * The answer to one question: mesh names from the tables, other names by asking outside. A known host without an
 * address of the asked kind has an empty answer; an unknown one of the cluster's own domain does not exist.
 */
export async function answer(
  query: Query,
  view: DnsView | undefined,
  options: { readonly resolve: ResolveName; readonly clusterDomain: string },
): Promise<Answer> {
  if (query.opcode !== 0) return none(responseCodes.notImplemented);
  if (query.class !== 1) return none(responseCodes.refused);
  if (query.type === recordTypes.PTR) return reverse(query.name, view);
  const known = view && addressesOf(view.tables, query.name, view.namespace);
  if (known) return addresses(query.type, known);
  const { clusterDomain } = options;
  const own = query.name === clusterDomain || query.name.endsWith(`.${clusterDomain}`) || !query.name.includes(".");
  if (own || query.name.endsWith(".arpa")) return none(responseCodes.noSuchName);
  if (query.type !== recordTypes.A && query.type !== recordTypes.AAAA) return none(responseCodes.ok);
  try {
    return addresses(query.type, await options.resolve(query.name, query.type === recordTypes.A ? 4 : 6));
  } catch (error) {
    return none(codeOfFailure(error));
  }
}

function codeOfFailure(error: unknown): number {
  const code = codeOf(error) ?? (error instanceof Error ? /\bE[A-Z]+\b/.exec(error.message)?.[0] : undefined);
  if (code === "ENOTFOUND") return responseCodes.noSuchName;
  return code === "ENODATA" ? responseCodes.ok : responseCodes.serverFailure;
}

function addresses(type: number, known: readonly string[]): Answer {
  const family = type === recordTypes.A ? 4 : type === recordTypes.AAAA ? 6 : 0;
  const records = known
    .filter((address) => family !== 0 && isIP(address) === family)
    .map((address): DnsRecord => ({ type, ttl, data: printAddress(address) }));
  return { code: responseCodes.ok, records };
}

function reverse(name: string, view: DnsView | undefined): Answer {
  const octets = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(name)?.slice(1);
  const host = octets && view && hostOf(view.tables, octets.toReversed().join("."));
  if (!host) return none(responseCodes.noSuchName);
  return { code: responseCodes.ok, records: [{ type: recordTypes.PTR, ttl, data: printName(host) }] };
}
