// On the path of every request.
import { randomUUID } from "node:crypto";
import { fieldValue, normalizePath, removeField, type RequestMessage } from "../../wire/index.ts";
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
  "x-forwarded-client-cert",
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
    identify(message.fields, origin);
    return headOf(message, "", "");
  }
  const { target } = message;
  // A fragment is never sent (RFC 9110 §7.1).
  if (target.includes("#")) return undefined;
  const question = target.indexOf("?");
  const raw = question === -1 ? target : target.slice(0, question);
  const path = chain.normalizePath && raw !== "*" ? normalizePath(raw, chain.mergeSlashes) : raw;
  if (path === undefined) return undefined;
  identify(message.fields, origin);
  return headOf(message, path, question === -1 ? "" : target.slice(question + 1));
}

function headOf({ method, host = "", fields }: RequestMessage, path: string, query: string): RequestHead {
  return { method, path, query, authority: host, scheme: "http", headers: fields };
}

/** One walk over the fields that begin with `x-`: what the mesh says about a request is the mesh's to say. */
function identify(fields: string[], { chain, remoteAddress }: Origin): void {
  let id = false;
  let proto = false;
  let unwanted: string[] | undefined;
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? "";
    if ((name.charCodeAt(0) | 32) !== 120 || name.charCodeAt(1) !== 45) continue;
    const lower = name.toLowerCase();
    if (lower === "x-request-id") {
      id = true;
      if (chain.requestId === "replace") fields[index + 1] = randomUUID();
    } else if (lower === "x-forwarded-proto") {
      proto = true;
      if (chain.useRemoteAddress && chain.trustedHops === 0) fields[index + 1] = "http";
    } else if (stripped.has(lower) || (chain.useRemoteAddress && strippedAtEdge.has(lower))) {
      (unwanted ??= []).push(lower);
    }
  }
  if (unwanted) for (const name of unwanted) removeField(fields, name);
  if (!id) fields.push("x-request-id", randomUUID());
  if (!proto) fields.push("x-forwarded-proto", "http");
  if (!chain.appendForwardedFor) return;
  const before = fieldValue(fields, "x-forwarded-for");
  if (before !== undefined) removeField(fields, "x-forwarded-for");
  fields.push("x-forwarded-for", before === undefined ? remoteAddress : `${before},${remoteAddress}`);
}
