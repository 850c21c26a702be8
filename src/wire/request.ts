// On the path of every request.
import { namesPort, readAuthority } from "./authority.ts";
import { Framing, hasForbidden, isToken, readFields } from "./fields.ts";
import type { HeadLimits } from "./limits.ts";
import { refusal, type Refusal } from "./refusal.ts";

/** A request's head. The body has `contentLength` bytes, or chunks, or (neither said) none. */
export class RequestMessage extends Framing {
  method = "";
  /** Origin-form (`/path?query`), `*` or, with CONNECT, an authority. Absolute-form is taken apart into `host` and this. */
  target = "";
  /** Of HTTP/1: 0 or 1. */
  minor: 0 | 1 = 1;
  major: 1 | 2 = 1;
  /** CONNECT to a path, for the protocol that `upgrade` names (RFC 8441): what GET with `Upgrade` is in HTTP/1.1. */
  extendedConnect = false;

  /** As access logs name it. */
  get protocol(): string {
    return this.major === 2 ? "HTTP/2" : this.minor === 1 ? "HTTP/1.1" : "HTTP/1.0";
  }

  /** Whether the client wants the connection to stay (RFC 9112 §9.3). */
  get persistent(): boolean {
    return this.minor === 1 ? !this.close : this.keepAlive && !this.close;
  }
}

const absolute = /^https?:\/\/([^/?#]*)([^#]*)$/i;
/** No method registered is longer than 17 letters. */
export const longestMethod = 64;
/** SP is the separator, controls were refused before. A fragment is never sent (RFC 9110 §7.1). */
const notInTargets = /[\t#\x80-\xff]/;

/** Reads a head: start line and field lines, each with its CRLF, without the empty line. Nothing of `text` may be longer than `limits` say. */
export function readRequest(text: string, limits: HeadLimits): RequestMessage | Refusal {
  // The start line counts first: it may be refused before the rest has come.
  if (hasForbidden(text)) return checkRequestLine(text, limits) ?? refusal(400, "forbidden-character");
  const line = text.indexOf("\r\n");
  const message = new RequestMessage();
  const refused = readStartLine(text, line, limits, message) ?? readFields(text, line + 2, limits, message);
  if (refused) return refused;
  return checkTarget(message) ?? checkBody(message) ?? message;
}

/** What a start line is refused for, with its CRLF and whatever follows. */
export function checkRequestLine(text: string, limits: HeadLimits): Refusal | undefined {
  const line = text.indexOf("\r\n");
  if (hasForbidden(text.slice(0, line + 2))) return refusal(400, "forbidden-character");
  return readStartLine(text, line, limits, new RequestMessage());
}

function readStartLine(text: string, line: number, limits: HeadLimits, message: RequestMessage): Refusal | undefined {
  const first = text.indexOf(" ");
  const second = text.indexOf(" ", first + 1);
  if (first <= 0 || second === -1 || second > line) return refusal(400, "malformed-start-line");
  message.method = text.slice(0, first);
  if (!isToken(message.method)) return refusal(400, "malformed-method");
  if (first > longestMethod) return refusal(501, "method-too-long");
  if (second - first - 1 > limits.target) return refusal(414, "target-too-long");
  message.target = text.slice(first + 1, second);
  if (text.startsWith("HTTP/1.1\r", second + 1)) return undefined;
  const version = text.slice(second + 1, line);
  if (version === "HTTP/1.0") message.minor = 0;
  else {
    return /^HTTP\/\d\.\d$/.test(version) ? refusal(505, "unknown-version") : refusal(400, "malformed-start-line");
  }
  return undefined;
}

function checkTarget(message: RequestMessage): Refusal | undefined {
  const { target, method } = message;
  if (message.host !== undefined) {
    message.host = readAuthority(message.host);
    if (message.host === undefined) return refusal(400, "malformed-host");
  } else if (message.minor === 1) return refusal(400, "no-host");
  if (target === "" || notInTargets.test(target)) return refusal(400, "malformed-target");
  if (target.charCodeAt(0) === 47) return method === "CONNECT" ? refusal(400, "malformed-target") : undefined;
  if (method === "CONNECT") {
    const host = readAuthority(target);
    if (host === undefined || !namesPort(host)) return refusal(400, "malformed-target");
    message.host = host;
    message.target = host;
    return undefined;
  }
  if (target === "*") return method === "OPTIONS" ? undefined : refusal(400, "malformed-target");
  return takeApart(message);
}

/** Absolute-form: its authority replaces Host, which must have been sent all the same (RFC 9112 §3.2.2). */
function takeApart(message: RequestMessage): Refusal | undefined {
  const [, authority = "", rest = ""] = absolute.exec(message.target) ?? [];
  if (authority === "") return refusal(400, "malformed-target");
  message.host = readAuthority(authority);
  if (message.host === undefined) return refusal(400, "malformed-host");
  if (rest.startsWith("/")) message.target = rest;
  // RFC 9112 §3.2.4
  else message.target = rest === "" && message.method === "OPTIONS" ? "*" : `/${rest}`;
  return undefined;
}

function checkBody(message: RequestMessage): Refusal | undefined {
  const body = message.chunked || message.contentLength > 0;
  if (message.minor === 0) {
    if (message.chunked) return refusal(400, "chunked-in-http-1.0");
    // Neither is known there (RFC 9110 §7.8, §10.1.1).
    message.upgrade = undefined;
    message.expectContinue = false;
  } else if (message.expectsUnknown) return refusal(417, "unknown-expectation");
  if (!body) message.expectContinue = false;
  else if (message.method === "CONNECT") return refusal(400, "connect-with-body");
  // An upgrade may be passed over; behind a body nobody could tell where the new protocol begins.
  else message.upgrade = undefined;
  return undefined;
}
