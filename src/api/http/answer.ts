import type { IncomingMessage, ServerResponse } from "node:http";
import type { ApiFault } from "../../store/index.ts";
import { statusOf } from "../faults.ts";

/** One request being answered. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Texts that go out as `Warning:` headers; call it before the answer. */
  readonly warn: (text: string) => void;
}

export function sendJson(response: ServerResponse, status: number, value: unknown, type = "application/json"): void {
  send(response, status, type, JSON.stringify(value));
}

export function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  if (response.headersSent) return;
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(body);
}

export function sendFault(response: ServerResponse, fault: ApiFault): void {
  if (response.headersSent) {
    // Half an answer must not look like a whole one.
    response.destroy();
    return;
  }
  // What is left of a refused body is not read: the connection cannot serve another request.
  if (fault.status === 413) response.setHeader("connection", "close");
  sendJson(response, fault.status, statusOf(fault));
}

/** RFC 7234 §5.5, as client-go reads it: printable text in quotes. */
export function warningHeader(text: string): string {
  const printable = text.replace(/[^\x20-\x7e]+/g, " ").slice(0, 1000);
  return `299 - "${printable.replace(/["\\]/g, "\\$&")}"`;
}
