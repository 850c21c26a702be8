import { createHash, randomBytes } from "node:crypto";
import { fieldValue, removeField, type RequestMessage, type ResponseMessage } from "../../wire/index.ts";

/** HTTP/1.1 proves with a key that both sides mean the upgrade (RFC 6455 §1.3); HTTP/2 needs no such proof (RFC 8441 §5). */
const salt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** An extended CONNECT as everything behind sees it: the upgrade it is in HTTP/1.1. */
export function asUpgrade(message: RequestMessage): void {
  message.method = "GET";
  const { fields, upgrade } = message;
  if (upgrade === "websocket" && fieldValue(fields, "sec-websocket-key") === undefined) {
    fields.push("sec-websocket-key", randomBytes(16).toString("base64"));
  }
}

/** An endpoint's consent over HTTP/2, as an HTTP/1.1 client that sent `key` expects it. */
export function asSwitching(message: ResponseMessage, upgrade: string, key: string | undefined): void {
  message.status = 101;
  message.upgrade = upgrade;
  message.contentLength = -1;
  if (key === undefined || fieldValue(message.fields, "sec-websocket-accept") !== undefined) return;
  const proof = createHash("sha1")
    .update(key + salt)
    .digest("base64");
  message.fields.push("sec-websocket-accept", proof);
}

/** Consent over HTTP/1.1, as an HTTP/2 client expects it: it made no key, so there is nothing to prove. */
export function asConsent({ fields }: ResponseMessage): void {
  if (fieldValue(fields, "sec-websocket-accept") !== undefined) removeField(fields, "sec-websocket-accept");
}
