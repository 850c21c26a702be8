// On the path of every request.
import { namesPort, readAuthority } from "../authority.ts";
import { isToken } from "../fields.ts";
import { refusal, type Refusal } from "../refusal.ts";
import { longestMethod, RequestMessage } from "../request.ts";
import { readRegularFields } from "./regular-fields.ts";

/** Pseudo-fields of a request (RFC 9113 §8.3.1, RFC 8441 §4); undefined: not sent. */
class Pseudo {
  method: string | undefined = undefined;
  scheme: string | undefined = undefined;
  path: string | undefined = undefined;
  authority: string | undefined = undefined;
  protocol: string | undefined = undefined;
}

const originForm = /^\/[!-"$-~]*$/;
const schemeName = /^[A-Za-z][A-Za-z0-9+.-]*$/;

/**
 * A request from a decoded field list: what it would be had it come by HTTP/1.1, but that `chunked` stands for a body
 * of unknown length. A field without its name is one the decoder found malformed. `end`: the stream ended with the list. A refusal makes the request malformed (RFC 9113 §8.1.1).
 */
export function readRequestFields(fields: readonly string[], end: boolean): RequestMessage | Refusal {
  const pseudo = new Pseudo();
  let start = 0;
  for (; start < fields.length; start += 2) {
    const name = fields[start] ?? "";
    if (name.charCodeAt(0) !== 58) break;
    const refused = readPseudo(name, fields[start + 1] ?? "", pseudo);
    if (refused) return refused;
  }
  const message = new RequestMessage();
  message.major = 2;
  return (
    readRegularFields(fields, start, message) ?? checkPseudo(pseudo, message) ?? checkBody(message, end) ?? message
  );
}

function readPseudo(name: string, value: string, pseudo: Pseudo): Refusal | undefined {
  let before: string | undefined;
  switch (name) {
    case ":method":
      before = pseudo.method;
      pseudo.method = value;
      break;
    case ":scheme":
      before = pseudo.scheme;
      pseudo.scheme = value;
      break;
    case ":path":
      before = pseudo.path;
      pseudo.path = value;
      break;
    case ":authority":
      before = pseudo.authority;
      pseudo.authority = value;
      break;
    case ":protocol":
      before = pseudo.protocol;
      pseudo.protocol = value;
      break;
    default:
      return refusal(400, "unknown-pseudo-field");
  }
  return before === undefined ? undefined : refusal(400, "pseudo-field-twice");
}

function checkPseudo({ method, scheme, path, authority, protocol }: Pseudo, message: RequestMessage) {
  if (method === undefined) return refusal(400, "no-method");
  if (!isToken(method)) return refusal(400, "malformed-method");
  if (method.length > longestMethod) return refusal(501, "method-too-long");
  message.method = method;
  const refused = checkHost(authority, message);
  if (refused) return refused;
  if (method === "CONNECT" && protocol === undefined) {
    // RFC 9113 §8.5; which the authority is of, only the pseudo-field can say.
    if (scheme !== undefined || path !== undefined) return refusal(400, "connect-with-path");
    if (authority === undefined || !namesPort(message.host ?? "")) return refusal(400, "malformed-target");
    message.target = message.host ?? "";
    return undefined;
  }
  if (scheme === undefined) return refusal(400, "no-scheme");
  if (scheme !== "http" && scheme !== "https" && !schemeName.test(scheme)) return refusal(400, "malformed-scheme");
  if (path === undefined) return refusal(400, "no-path");
  if (!originForm.test(path) && (path !== "*" || method !== "OPTIONS")) return refusal(400, "malformed-target");
  message.target = path;
  if (protocol === undefined) return undefined;
  if (method !== "CONNECT" || !isToken(protocol)) return refusal(400, "malformed-protocol");
  message.extendedConnect = true;
  message.upgrade = protocol.toLowerCase();
  return undefined;
}

/** Those read last: most requests are for the same few. */
const authorities = new Map<string, string>();
const mostAuthorities = 500;

function normalAuthority(given: string): string | undefined {
  const known = authorities.get(given);
  if (known !== undefined) return known;
  const authority = readAuthority(given);
  if (authority === undefined) return undefined;
  if (authorities.size >= mostAuthorities) authorities.clear();
  authorities.set(given, authority);
  return authority;
}

/** Host may stand for the authority, or beside it if it says the same (RFC 9113 §8.3.1). */
function checkHost(given: string | undefined, message: RequestMessage): Refusal | undefined {
  const host = message.host === undefined ? undefined : normalAuthority(message.host);
  const authority = given === undefined ? host : normalAuthority(given);
  if (given === undefined && message.host === undefined) return refusal(400, "no-host");
  if (authority === undefined || (message.host !== undefined && host === undefined))
    return refusal(400, "malformed-host");
  if (host !== undefined && host.toLowerCase() !== authority.toLowerCase()) return refusal(400, "several-hosts");
  message.host = authority;
  return undefined;
}

function checkBody(message: RequestMessage, end: boolean): Refusal | undefined {
  if (message.expectsUnknown) return refusal(417, "unknown-expectation");
  if (message.method === "CONNECT") {
    // What flows is a tunnel's bytes, which are no body.
    if (message.contentLength > 0) return refusal(400, "connect-with-body");
    message.contentLength = -1;
    message.expectContinue = false;
    return undefined;
  }
  if (end && message.contentLength > 0) return refusal(400, "short-body");
  message.chunked = !end && message.contentLength === -1;
  if (!message.chunked && message.contentLength <= 0) message.expectContinue = false;
  return undefined;
}
