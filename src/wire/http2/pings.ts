import type { FrameWriter } from "./frame-writer.ts";

/** Why a PING was sent: its first byte. */
const kinds = { keepalive: 1, drain: 2 } as const;

/** Our PINGs (RFC 9113 §6.7). One of each kind is under way; answers to others are passed over. */
export class Pings {
  readonly #writer: FrameWriter;
  readonly #payload = Buffer.alloc(8);
  #count = 0;
  #sentAt = 0;
  /** When the last PING was sent that was answered, in the caller's milliseconds; -1: none was. */
  lastPong = -1;
  /** Called once when the drain's PING comes back. */
  #drained: (() => void) | undefined;

  constructor(writer: FrameWriter) {
    this.#writer = writer;
  }

  keepalive(now: number): void {
    this.#sentAt = now;
    this.#count = (this.#count + 1) >>> 0;
    this.#payload.writeUInt32BE(this.#count, 4);
    this.#send(kinds.keepalive);
  }

  /** `back` is called once the peer has read everything sent before. */
  roundTrip(back: () => void): void {
    this.#drained = back;
    this.#send(kinds.drain);
  }

  #send(kind: number): void {
    this.#payload[0] = kind;
    this.#writer.ping(this.#payload, 0, false);
  }

  answered(buffer: Buffer, start: number): void {
    const kind = buffer[start];
    if (kind === kinds.keepalive && buffer.readUInt32BE(start + 4) === this.#count) this.lastPong = this.#sentAt;
    if (kind !== kinds.drain) return;
    const drained = this.#drained;
    this.#drained = undefined;
    drained?.();
  }
}
