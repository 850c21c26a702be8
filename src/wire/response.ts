// On the path of every request.
import { Framing, hasForbidden, readFields } from "./fields.ts";
import type { HeadLimits } from "./limits.ts";
import { refusal, type Refusal } from "./refusal.ts";

/** How the end of a response's body is known (RFC 9112 §6.3). */
export type BodyEnd = "none" | "length" | "chunked" | "close";

export class ResponseMessage extends Framing {
  status = 0;
  reason = "";
  minor: 0 | 1 = 1;

  get persistent(): boolean {
    return this.minor === 1 ? !this.close : this.keepAlive && !this.close;
  }

  bodyEnd(method: string): BodyEnd {
    const { status } = this;
    if (method === "HEAD" || status < 200 || status === 204 || status === 304) return "none";
    // What follows is a tunnel (RFC 9110 §9.3.6).
    if (method === "CONNECT" && status < 300) return "none";
    if (this.chunked) return "chunked";
    if (this.contentLength === 0) return "none";
    return this.contentLength > 0 ? "length" : "close";
  }
}

/** Reads a head: status line and field lines, each with its CRLF, without the empty line. A refusal means 502 for the client. */
export function readResponse(text: string, limits: HeadLimits): ResponseMessage | Refusal {
  // The status line counts first: it may be refused before the rest has come.
  if (hasForbidden(text)) return checkStatusLine(text) ?? refusal(400, "forbidden-character");
  const line = text.indexOf("\r\n");
  const message = new ResponseMessage();
  const refused = readStatusLine(text, line, message) ?? readFields(text, line + 2, limits, message);
  return refused ?? checkBody(message) ?? message;
}

/** What a status line is refused for, with its CRLF and whatever follows. */
export function checkStatusLine(text: string): Refusal | undefined {
  const line = text.indexOf("\r\n");
  if (hasForbidden(text.slice(0, line + 2))) return refusal(400, "forbidden-character");
  return readStatusLine(text, line, new ResponseMessage());
}

function readStatusLine(text: string, line: number, message: ResponseMessage): Refusal | undefined {
  // "HTTP/1.1 200 OK": the reason, and the space before it, may be missing.
  if (line < 12 || !text.startsWith("HTTP/1.") || text.charCodeAt(8) !== 32)
    return refusal(400, "malformed-status-line");
  const minor = text.charCodeAt(7) - 48;
  const status = threeDigits(text, 9);
  if ((minor !== 0 && minor !== 1) || status < 100) return refusal(400, "malformed-status-line");
  if (line > 12 && text.charCodeAt(12) !== 32) return refusal(400, "malformed-status-line");
  message.minor = minor;
  message.status = status;
  message.reason = text.slice(13, line);
  return undefined;
}

/** RFC 9112 §6.1–6.2: who frames a body where there is none means something else than we read. */
function checkBody({ status, minor, chunked, contentLength }: ResponseMessage): Refusal | undefined {
  if (chunked && minor === 0) return refusal(400, "chunked-in-http-1.0");
  if (status >= 200 && status !== 204) return undefined;
  return chunked || contentLength > 0 ? refusal(400, "body-of-a-bodiless-status") : undefined;
}

/** -1: something else stands there. */
function threeDigits(text: string, at: number): number {
  let number = 0;
  for (let place = at; place < at + 3; place += 1) {
    const digit = text.charCodeAt(place) - 48;
    if (!(digit >= 0 && digit <= 9)) return -1;
    number = number * 10 + digit;
  }
  return number;
}
