// On the path of every request.
import { randomUUID } from "node:crypto";
import { fieldValue, normalizePath, removeField, type RequestMessage } from "../../wire/index.ts";
import type { ForwardedCertificate } from "../config/client-certificate.ts";
import type { RequestHead } from "../config/contract.ts";
import type { Origin } from "./surroundings.ts";

/** What a caller may not tell the mesh; stripped from every request. */
const stripped = new Set([
  "x-envoy-retry-on",
  "x-envoy-retry-grpc-on",
  "x-envoy-max-retries",
  "x-envoy-retriable-status-codes",
  "x-envoy-retriable-header-names",
  "x-envoy-upstream-alt-stat-name",
  "x-envoy-upstream-rq-timeout-ms",
  "x-envoy-upstream-rq-per-try-timeout-ms",
  "x-envoy-expected-rq-timeout-ms",
  "x-envoy-hedge-on-per-try-timeout",
  "x-envoy-attempt-count",
  "x-envoy-decorator-operation",
  "x-envoy-internal",
]);

/** What an edge knows better than whoever calls from outside. */
const strippedAtEdge = new Set(["x-envoy-original-path", "x-envoy-external-address", "x-envoy-force-trace"]);

/**
 * The request as routes see it and as upstream gets it: one normal form of the path, an id, who is behind it.
 * Changes `message.fields` in place. Undefined: its path must not be forwarded.
 */
export function prepare(message: RequestMessage, origin: Origin): RequestHead | undefined {
  const { chain } = origin;
  if (message.method === "CONNECT") {
    return headOf(message, "", "", identify(message.fields, origin));
  }
  const { target } = message;
  // A fragment is never sent (RFC 9110 §7.1).
  if (target.includes("#")) return undefined;
  const question = target.indexOf("?");
  const raw = question === -1 ? target : target.slice(0, question);
  const path = chain.normalizePath && raw !== "*" ? normalizePath(raw, chain.mergeSlashes) : raw;
  if (path === undefined) return undefined;
  const query = question === -1 ? "" : target.slice(question + 1);
  return headOf(message, path, query, identify(message.fields, origin));
}

type Scheme = RequestHead["scheme"];

function headOf(
  { method, host = "", fields }: RequestMessage,
  path: string,
  query: string,
  scheme: Scheme,
): RequestHead {
  return { method, path, query, authority: host, scheme, headers: fields };
}

/**
 * One walk over the fields that begin with `x-`: what the mesh says about a request is the mesh's to say. Gives the scheme
 * its client used, as far as it can be known.
 */
function identify(fields: string[], { chain, remoteAddress, tls }: Origin): Scheme {
  const own: Scheme = tls ? "https" : "http";
  let id = false;
  let proto: string | undefined;
  let certificate: string | undefined;
  let unwanted: string[] | undefined;
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? "";
    if ((name.charCodeAt(0) | 32) !== 120 || name.charCodeAt(1) !== 45) continue;
    const lower = name.toLowerCase();
    if (lower === "x-request-id") {
      id = true;
      if (chain.requestId === "replace") fields[index + 1] = randomUUID();
    } else if (lower === "x-forwarded-proto") {
      if (chain.useRemoteAddress && chain.trustedHops === 0) fields[index + 1] = own;
      proto = fields[index + 1];
    } else if (lower === "x-forwarded-client-cert") {
      const value = fields[index + 1] ?? "";
      certificate = certificate === undefined ? value : `${certificate},${value}`;
    } else if (stripped.has(lower) || (chain.useRemoteAddress && strippedAtEdge.has(lower))) {
      (unwanted ??= []).push(lower);
    }
  }
  if (unwanted) for (const name of unwanted) removeField(fields, name);
  if (tls || certificate !== undefined) forwardCertificate(fields, certificate, chain.forwardedCertificate, tls);
  if (!id && chain.requestId !== "none") fields.push("x-request-id", randomUUID());
  if (proto === undefined) fields.push("x-forwarded-proto", own);
  if (chain.appendForwardedFor) {
    const before = fieldValue(fields, "x-forwarded-for");
    if (before !== undefined) removeField(fields, "x-forwarded-for");
    fields.push("x-forwarded-for", before === undefined ? remoteAddress : `${before},${remoteAddress}`);
  }
  return proto === "https" || proto === "http" ? proto : own;
}

/** Puts what is known of the client's certificate in the place of what was sent, or behind it. */
function forwardCertificate(
  fields: string[],
  sent: string | undefined,
  rules: ForwardedCertificate,
  tls: Origin["tls"],
): void {
  const kept = rules.keeps(tls) ? sent : undefined;
  const added = rules.adds(tls);
  if (sent !== undefined) removeField(fields, "x-forwarded-client-cert");
  const value = kept === undefined || added === undefined ? (kept ?? added) : `${kept},${added}`;
  if (value !== undefined) fields.push("x-forwarded-client-cert", value);
}
