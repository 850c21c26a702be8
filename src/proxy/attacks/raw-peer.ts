import type { Socket } from "node:net";
import { HpackDecoder } from "../../wire/index.ts";
import { ack, endHeaders, endStream, preface, settingsAck, types } from "./frames.ts";

/** What came on one stream. */
export interface StreamSeen {
  /** Every head and the trailers, each flat: name, value, name, value … */
  readonly heads: string[][];
  body: string;
  ended: boolean;
}

const decoderLimits = { tableSize: 4096, listSize: 1_048_576, fields: 1000 };

/** One end of an HTTP/2 connection that writes what it is told, keeping no rule, and reads what its peer says. */
export class RawPeer {
  readonly socket: Socket;
  readonly streams = new Map<number, StreamSeen>();
  /** GOAWAY and RST_STREAM that came: `goaway CODE`, `rst STREAM CODE`. */
  readonly refusals: string[] = [];
  /** How many frames of each type came, and how many bytes of DATA. */
  readonly counts = new Map<number, number>();
  dataBytes = 0;
  ended: "open" | "end" | "reset" = "open";
  /** Keeps the bodies that come; else only counts them. */
  keepsBodies = true;
  /** Answers SETTINGS; who says that itself does without. */
  acknowledges = false;
  /** Told of every head that came whole. */
  onHead: (id: number, fields: readonly string[], end: boolean) => void = () => undefined;
  readonly #decoder = new HpackDecoder(decoderLimits);
  #unread: Buffer = Buffer.alloc(0);
  /** Bytes before the first frame. */
  #passOver = 0;
  #block: Buffer[] = [];
  #blockEnds = false;
  readonly #waiting = new Set<() => void>();

  /** `server`: its peer says a preface first. */
  constructor(socket: Socket, server = false) {
    this.socket = socket;
    if (server) this.#passOver = preface.length;
    socket.setNoDelay(true);
    socket.on("data", (bytes) => {
      this.#read(bytes);
      this.#changed();
    });
    socket.on("end", () => this.#over("end"));
    // A write may meet a connection that was closed behind a refusal.
    socket.on("error", () => this.#over("reset"));
    socket.on("close", () => this.#over("end"));
  }

  send(...frames: readonly Buffer[]): void {
    if (!this.socket.destroyed) this.socket.write(frames.length === 1 ? (frames[0] ?? "") : Buffer.concat(frames));
  }

  stream(id: number): StreamSeen {
    let stream = this.streams.get(id);
    if (!stream) this.streams.set(id, (stream = { heads: [], body: "", ended: false }));
    return stream;
  }

  /** The status of the last head of a stream; 0: none came. */
  status(id: number): number {
    const head = this.streams.get(id)?.heads.findLast((fields) => fields[0] === ":status");
    return Number(head?.[1] ?? 0);
  }

  reset(id: number): boolean {
    return this.refusals.some((refusal) => refusal.startsWith(`rst ${id} `));
  }

  get leaving(): boolean {
    return this.refusals.some((refusal) => refusal.startsWith("goaway "));
  }

  count(type: number): number {
    return this.counts.get(type) ?? 0;
  }

  /** Resolves once it holds; `patience` in milliseconds. */
  async until(what: string, holds: () => boolean, patience = 10_000): Promise<void> {
    if (holds()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const check = () => {
      if (holds()) resolve();
    };
    this.#waiting.add(check);
    const timer = setTimeout(() => {
      const seen = JSON.stringify([...this.streams].slice(-3));
      const refusals = this.refusals.slice(-3).join(", ");
      reject(new Error(`never: ${what}; ${this.ended}, refused [${refusals}], ${seen}`));
    }, patience);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(check);
    }
  }

  destroy(): void {
    this.socket.destroy();
  }

  #over(how: "end" | "reset"): void {
    if (this.ended === "open") this.ended = how;
    this.#changed();
  }

  #changed(): void {
    for (const check of this.#waiting) check();
  }

  #read(bytes: Buffer): void {
    const all = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    let at = Math.min(this.#passOver, all.length);
    this.#passOver -= at;
    while (all.length - at >= 9) {
      const length = all.readUIntBE(at, 3);
      if (all.length - at < 9 + length) break;
      this.#take(all[at + 3] ?? 0, all[at + 4] ?? 0, all.readUInt32BE(at + 5), all.subarray(at + 9, at + 9 + length));
      at += 9 + length;
    }
    this.#unread = Buffer.from(all.subarray(at));
  }

  #take(type: number, flags: number, id: number, payload: Buffer): void {
    this.counts.set(type, this.count(type) + 1);
    switch (type) {
      case types.data: {
        this.dataBytes += payload.length;
        const stream = this.stream(id);
        if (this.keepsBodies) stream.body += payload.latin1Slice();
        stream.ended ||= (flags & endStream) !== 0;
        return;
      }
      case types.headers:
        this.#block = [payload];
        this.#blockEnds = (flags & endStream) !== 0;
        return this.#takeBlock(id, flags);
      case types.continuation:
        this.#block.push(payload);
        return this.#takeBlock(id, flags);
      case types.rstStream:
        return void this.refusals.push(`rst ${id} ${payload.readUInt32BE()}`);
      case types.goaway:
        return void this.refusals.push(`goaway ${payload.readUInt32BE(4)}`);
      case types.settings:
        if ((flags & ack) === 0 && this.acknowledges) this.send(settingsAck);
    }
  }

  #takeBlock(id: number, flags: number): void {
    if ((flags & endHeaders) === 0) return;
    const bytes = Buffer.concat(this.#block);
    const fields: string[] = [];
    if (this.#decoder.decode(bytes, 0, bytes.length, fields)) this.refusals.push("a block that cannot be read came");
    const stream = this.stream(id);
    stream.heads.push(fields);
    stream.ended ||= this.#blockEnds;
    this.onHead(id, fields, this.#blockEnds);
  }
}
