// On the path of every request.
import { refusal, type Refusal } from "../refusal.ts";
import { ResponseMessage } from "../response.ts";
import { readRegularFields } from "./regular-fields.ts";

const threeDigits = /^[1-5]\d\d$/;

/**
 * A response, or an informational one, from a decoded field list: what it would be had it come by HTTP/1.1, but that
 * `chunked` stands for a body of unknown length. `end`: the stream ended with the list. `method`: of the request, for
 * answers to HEAD and CONNECT speak of a body they have not. A refusal makes the response malformed (RFC 9113 §8.1.1).
 */
export function readResponseFields(fields: readonly string[], end: boolean, method = "GET"): ResponseMessage | Refusal {
  if (fields[0] !== ":status") return refusal(400, fields[0]?.startsWith(":") ? "unknown-pseudo-field" : "no-status");
  const status = fields[1] ?? "";
  // Protocols are switched by CONNECT only (RFC 9113 §8.6).
  if (!threeDigits.test(status) || status === "101") return refusal(400, "malformed-status");
  const message = new ResponseMessage();
  message.status = Number(status);
  return readRegularFields(fields, 2, message) ?? checkBody(message, end, method) ?? message;
}

function checkBody(message: ResponseMessage, end: boolean, method: string): Refusal | undefined {
  const { status } = message;
  if (status < 200 || status === 204) {
    if (message.contentLength > 0) return refusal(400, "body-of-a-bodiless-status");
    return end && status < 200 ? refusal(400, "early-end") : undefined;
  }
  if (method === "CONNECT" && status < 300) {
    // What flows is a tunnel's bytes (RFC 9110 §9.3.6).
    message.contentLength = -1;
    return undefined;
  }
  if (method === "HEAD" || status === 304) return undefined;
  if (!end) message.chunked = message.contentLength === -1;
  else if (message.contentLength > 0) return refusal(400, "short-body");
  else message.contentLength = 0;
  return undefined;
}
