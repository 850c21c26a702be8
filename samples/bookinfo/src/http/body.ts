import type { IncomingMessage } from "node:http";
import { Refusal } from "./service.ts";

const maxBytes = 64 * 1024;

/** The request's body as text; longer than 64 KiB is refused with 413. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Destroying the request would take the connection, and with it the answer, away.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Refusal(413, "the body is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
