// On the path of every request.
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
const authority = /^[^:].*:\d{1,5}$/;
const hostName = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+;=%-]*)(?::\d{0,5})?$/;
/** SP is the separator; controls were refused before; what is left to refuse is beyond ASCII. */
const beyondAscii = /[\x80-\xff]/;

/** Reads a head: start line and field lines, each with its CRLF, without the empty line. Nothing of `text` may be longer than `limits` say. */
export function readRequest(text: string, limits: HeadLimits): RequestMessage | Refusal {
  if (hasForbidden(text)) return refusal(400, "forbidden-character");
  const line = text.indexOf("\r\n");
  const first = text.indexOf(" ");
  const second = text.indexOf(" ", first + 1);
  if (first <= 0 || second === -1 || second > line) return refusal(400, "malformed-start-line");
  const message = new RequestMessage();
  message.method = text.slice(0, first);
  if (!isToken(message.method)) return refusal(400, "malformed-method");
  if (second - first - 1 > limits.target) return refusal(414, "target-too-long");
  message.target = text.slice(first + 1, second);
  const version = text.slice(second + 1, line);
  if (version === "HTTP/1.0") message.minor = 0;
  else if (version !== "HTTP/1.1") {
    return /^HTTP\/\d\.\d$/.test(version) ? refusal(505, "unknown-version") : refusal(400, "malformed-start-line");
  }
  const refused = readFields(text, line + 2, limits, message);
  if (refused) return refused;
  return checkTarget(message) ?? checkBody(message) ?? message;
}

function checkTarget(message: RequestMessage): Refusal | undefined {
  const { target, method } = message;
  if (message.host !== undefined && !hostName.test(message.host)) return refusal(400, "malformed-host");
  if (target === "" || target.includes("\t") || beyondAscii.test(target)) return refusal(400, "malformed-target");
  if (method === "CONNECT") {
    if (!authority.test(target) || !hostName.test(target)) return refusal(400, "malformed-target");
    message.host ??= target;
  } else if (target.charCodeAt(0) !== 47) {
    if (target === "*") {
      if (method !== "OPTIONS") return refusal(400, "malformed-target");
    } else {
      const parts = absolute.exec(target);
      if (!parts?.[1]) return refusal(400, "malformed-target");
      // Host must have been sent all the same, and is replaced (RFC 9112 §3.2.2).
      if (message.host === undefined && message.minor === 1) return refusal(400, "no-host");
      if (!hostName.test(parts[1])) return refusal(400, "malformed-host");
      message.host = parts[1];
      message.target = parts[2]?.startsWith("/") ? parts[2] : `/${parts[2] ?? ""}`;
    }
  }
  return message.host === undefined && message.minor === 1 ? refusal(400, "no-host") : undefined;
}

function checkBody(message: RequestMessage): Refusal | undefined {
  if (message.minor === 0 && message.chunked) return refusal(400, "chunked-in-http-1.0");
  if (message.method === "CONNECT" && (message.chunked || message.contentLength > 0))
    return refusal(400, "connect-with-body");
  // An upgrade may be passed over; behind a body nobody could tell where the new protocol begins.
  if (message.chunked || message.contentLength > 0) message.upgrade = undefined;
  return undefined;
}
