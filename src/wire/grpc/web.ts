// On the path of requests of gRPC-Web.
import { Base64Groups } from "./base64-groups.ts";
import { MessageWalk } from "./message-walk.ts";

/** How gRPC-Web writes messages: as gRPC does, or that in base64. */
export type WebForm = "binary" | "text";

const forms = new Map<string, WebForm>([
  ["application/grpc-web", "binary"],
  ["application/grpc-web+proto", "binary"],
  ["application/grpc-web-text", "text"],
  ["application/grpc-web-text+proto", "text"],
]);

/** The form a content type, or an `accept` field, names; undefined: it is not gRPC-Web. */
export function webFormOf(type: string | undefined): WebForm | undefined {
  return type === undefined ? undefined : forms.get(type);
}

/** Flags of the frame that carries trailers. */
const trailersFlag = 0x80;

/** Trailers as the last frame of a body (gRPC-Web, "Message framing"). */
export function webTrailers(trailers: readonly string[]): Buffer {
  let text = "";
  for (let index = 0; index < trailers.length; index += 2) {
    text += `${(trailers[index] ?? "").toLowerCase()}:${trailers[index + 1] ?? ""}\r\n`;
  }
  const frame = Buffer.allocUnsafe(5 + text.length);
  frame[0] = trailersFlag;
  frame.writeUInt32BE(text.length, 1);
  frame.latin1Write(text, 5);
  return frame;
}

/** Writes an answer's bytes as text: whole groups at once, the rest of a message with its end, so that nothing waits for the next. */
export class WebTextWriter {
  readonly #walk = new MessageWalk();
  readonly #groups = new Base64Groups();

  write(buffer: Buffer, start: number, end: number): string {
    let text = "";
    for (let at = start; at < end;) {
      const stop = this.#walk.next(buffer, at, end);
      text += this.#groups.write(buffer, at, stop);
      if (this.#walk.between) text += this.#groups.end();
      at = stop;
    }
    return text;
  }

  /** What a message that never ended left. */
  end(): string {
    return this.#groups.end();
  }
}
