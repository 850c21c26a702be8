// On the path of every request.
import type { OutgoingRequest } from "../http/codec.ts";

/** A request as HTTP/2 says it: pseudo-fields first (RFC 9113 §8.3.1). */
export function fieldsOf({ message, target, host, scheme, extra }: OutgoingRequest): readonly string[] {
  const { method, upgrade } = message;
  const fields: string[] = [];
  if (upgrade !== undefined) {
    fields.push(":method", "CONNECT", ":protocol", upgrade, ":scheme", scheme, ":path", target, ":authority", host);
  } else if (method === "CONNECT") fields.push(":method", "CONNECT", ":authority", target);
  else fields.push(":method", method, ":scheme", scheme, ":path", target, ":authority", host);
  for (const text of message.fields) fields.push(text);
  for (const text of extra) fields.push(text);
  if (message.contentLength >= 0) fields.push("content-length", String(message.contentLength));
  if (message.takesTrailers) fields.push("te", "trailers");
  if (message.expectContinue) fields.push("expect", "100-continue");
  return fields;
}
