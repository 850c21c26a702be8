// On the path of every request.
import { ClosedStreams } from "./closed-streams.ts";
import { mostStreamId } from "./frame.ts";
import type { Role } from "./settings.ts";
import type { SessionStream } from "./stream.ts";

/** The streams of a connection by their numbers (RFC 9113 §5.1.1). Those that are over are told from those never opened. */
export class StreamTable {
  readonly #open = new Map<number, SessionStream>();
  readonly #closed = new ClosedStreams();
  /** The number our next stream gets; only clients open any, and odd ones. */
  #next = 1;
  /** Of the peer's streams: the highest number that came, and the highest that was given to the user. */
  #came = 0;
  lastTaken = 0;
  readonly #role: Role;

  constructor(role: Role) {
    this.#role = role;
  }

  get size(): number {
    return this.#open.size;
  }

  get(id: number): SessionStream | undefined {
    return this.#open.get(id);
  }

  add(stream: SessionStream): void {
    this.#open.set(stream.id, stream);
  }

  all(): SessionStream[] {
    return [...this.#open.values()];
  }

  /** A number for a stream of ours; undefined: all are used up. */
  nextId(): number | undefined {
    if (this.#next > mostStreamId) return undefined;
    this.#next += 2;
    return this.#next - 2;
  }

  get used(): boolean {
    return this.#next > mostStreamId;
  }

  came(id: number): void {
    this.#came = id;
  }

  /** Neither side has ever used this number, nor a higher one of its kind. */
  isIdle(id: number): boolean {
    if (this.#role === "server") return (id & 1) === 0 || id > this.#came;
    return (id & 1) === 0 || id >= this.#next;
  }

  /** The stream is over, and its end was a proper one or the peer's own doing. */
  ended(id: number): void {
    this.#open.delete(id);
    this.#closed.ended(id);
  }

  weReset(id: number, window: number): void {
    this.#open.delete(id);
    this.#closed.weReset(id, window);
  }

  lateData(id: number, bytes: number): boolean {
    return this.#closed.lateData(id, bytes);
  }

  didEnd(id: number): boolean {
    return this.#closed.didEnd(id);
  }

  didWeReset(id: number): boolean {
    return this.#closed.didWeReset(id);
  }
}
