import {
  ChunkReader,
  defaultLimits,
  HeadReader,
  readRequest,
  readResponse,
  type RequestMessage,
  type ResponseMessage,
} from "../../src/wire/index.ts";

/** A message as the codec gives it to the proxy. */
export interface Heard<Message> {
  readonly message: Message;
  body: string;
  trailers: readonly string[];
  whole: boolean;
}

type Event<Message> = Heard<Message> | { readonly refused: string };

type Read<Message> = (
  text: string,
  limits: typeof defaultLimits,
) => Message | { readonly refused: true; reason: string };

/** Reads a connection's bytes, given in pieces, as the proxy does: head, body, next head, until one is refused. */
class Listener<Message extends RequestMessage | ResponseMessage> {
  readonly events: Event<Message>[] = [];
  readonly #heads: HeadReader;
  readonly #read: Read<Message>;
  #current: Heard<Message> | undefined;
  #left = 0;
  #chunks: ChunkReader | undefined;
  #over = false;

  constructor(of: "request" | "response", read: Read<Message>) {
    this.#heads = new HeadReader(defaultLimits, of);
    this.#read = read;
  }

  give(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && !this.#over) at = this.#current ? this.#body(bytes, at) : this.#head(bytes, at);
  }

  #head(bytes: Buffer, start: number): number {
    const text = this.#heads.read(bytes, start, bytes.length);
    if (text === undefined) return bytes.length;
    const message = typeof text === "string" ? this.#read(text, defaultLimits) : text;
    if ("refused" in message) {
      this.#over = true;
      this.events.push({ refused: message.reason });
      return bytes.length;
    }
    this.#current = { message, body: "", trailers: [], whole: false };
    this.events.push(this.#current);
    this.#left = Math.max(0, message.contentLength);
    this.#chunks = message.chunked ? new ChunkReader() : undefined;
    if (this.#left === 0 && !this.#chunks) this.#end([]);
    return this.#heads.position;
  }

  #body(bytes: Buffer, start: number): number {
    const current = this.#current;
    if (!current) return bytes.length;
    if (!this.#chunks) {
      const stop = Math.min(bytes.length, start + this.#left);
      current.body += bytes.latin1Slice(start, stop);
      this.#left -= stop - start;
      if (this.#left === 0) this.#end([]);
      return stop;
    }
    const at = this.#chunks.read(bytes, start, bytes.length, {
      data: (piece, from, to) => void (current.body += piece.latin1Slice(from, to)),
    });
    if (this.#chunks.failed) {
      this.#over = true;
      this.events.push({ refused: "chunks" });
    } else if (this.#chunks.done) this.#end(this.#chunks.trailers);
    return at;
  }

  #end(trailers: readonly string[]): void {
    if (this.#current) Object.assign(this.#current, { trailers, whole: true });
    this.#current = undefined;
  }
}

/** What is heard when bytes come in pieces of these lengths, then the rest. */
function heard<Message extends RequestMessage | ResponseMessage>(
  listener: Listener<Message>,
  bytes: Buffer,
  lengths: readonly number[],
): readonly Event<Message>[] {
  let at = 0;
  for (const length of [...lengths, bytes.length]) {
    if (at >= bytes.length) break;
    // A copy: the codec must not look past what it was given.
    listener.give(Buffer.from(bytes.subarray(at, at + length)));
    at += length;
  }
  return listener.events;
}

export const requestsIn = (bytes: Buffer, lengths: readonly number[]): readonly Event<RequestMessage>[] =>
  heard(new Listener<RequestMessage>("request", readRequest), bytes, lengths);

export const responsesIn = (bytes: Buffer, lengths: readonly number[]): readonly Event<ResponseMessage>[] =>
  heard(new Listener<ResponseMessage>("response", readResponse), bytes, lengths);
