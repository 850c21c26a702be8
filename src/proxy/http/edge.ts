// On the path of every request of chains that ask for it.
import { normalizePath, removeField, type RequestMessage } from "../../wire/index.ts";
import type { HttpChain } from "../config/contract.ts";
import type { EdgeRules } from "../config/edge-rules.ts";
import type { LocalReply } from "./local-reply.ts";
import { redirectReply } from "./route-reply.ts";

const refused = (details: string): LocalReply => ({ status: 400, flags: "", details, body: "" });

const escapedSlash = /%(?:2f|5c)/i;
const escapedSlashes = /%(2f|5c)/gi;

/** Brings a request into the form a chain's edge rules ask for, in place; gives the answer of one that goes no further. */
export function applyEdgeRules(
  message: RequestMessage,
  rules: EdgeRules,
  chain: HttpChain,
  port: number,
): LocalReply | undefined {
  if (rules.underscores !== "allow" && !withoutUnderscores(message.fields, rules.underscores === "drop")) {
    return refused("unexpected_underscore");
  }
  if (rules.stripPort !== "none" && message.host !== undefined && message.method !== "CONNECT") {
    message.host = withoutPort(message.host, rules.stripPort === "any" ? undefined : port);
  }
  return rules.escapedSlashes === "keep" ? undefined : unescapeSlashes(message, rules.escapedSlashes, chain);
}

/** Takes fields with `_` in their names out; false: there is one, and it may not be dropped. */
function withoutUnderscores(fields: string[], mayDrop: boolean): boolean {
  for (let index = fields.length - 2; index >= 0; index -= 2) {
    const name = fields[index] ?? "";
    if (!name.includes("_")) continue;
    if (!mayDrop) return false;
    removeField(fields, name.toLowerCase());
    index = Math.min(index, fields.length);
  }
  return true;
}

/** `only`: the port to take off; undefined: any. */
function withoutPort(host: string, only: number | undefined): string {
  const [, name, port] = /^(.*):(\d*)$/.exec(host) ?? [];
  if (name === undefined || (only !== undefined && Number(port) !== only)) return host;
  // `[::1` is the beginning of an address, not a name and a port.
  return name.startsWith("[") && !name.endsWith("]") ? host : name;
}

/** `%2F` and `%5C` of the path: refused, or written out; the client may be sent to that form. */
function unescapeSlashes(
  message: RequestMessage,
  action: "reject" | "redirect" | "forward",
  { normalizePath: isNormal, mergeSlashes }: HttpChain,
): LocalReply | undefined {
  const { target } = message;
  const question = target.indexOf("?");
  const path = question === -1 ? target : target.slice(0, question);
  if (message.method === "CONNECT" || !escapedSlash.test(path)) return undefined;
  if (action === "reject") return refused("path_normalization_failed");
  const unescaped = path.replace(escapedSlashes, (_, hex: string) => (hex.toLowerCase() === "2f" ? "/" : "\\"));
  const query = question === -1 ? "" : target.slice(question);
  message.target = unescaped + query;
  if (action === "forward") return undefined;
  const normal = isNormal ? normalizePath(unescaped, mergeSlashes) : unescaped;
  if (normal === undefined) return refused("path_normalization_failed");
  // A path that begins with two slashes would name another host.
  return redirectReply(307, normal.replace(/^[\\/]{2,}/, "/") + query);
}
