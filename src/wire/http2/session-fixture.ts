import { Http2Session } from "./session.ts";
import { defaultSessionOptions, type SessionOptions } from "./session-options.ts";
import type { Role } from "./settings.ts";
import type { Http2Stream, SessionUser, StreamUser } from "./users.ts";

/** Everything a stream's user was told, in words. Data in a row is one event. */
export class StreamLog implements StreamUser {
  readonly events: string[] = [];
  stream: Http2Stream | undefined;
  /** Gives windows back as data comes. */
  consumes = true;
  #data = false;

  #say(event: string): void {
    this.#data = false;
    this.events.push(event);
  }

  opened(fields: readonly string[], end: boolean, tooLarge: boolean): void {
    this.#say(`opened ${fields.join(" ")}${end ? " end" : ""}${tooLarge ? " too large" : ""}`);
  }

  head(fields: readonly string[], end: boolean): void {
    this.#say(`head ${fields.join(" ")}${end ? " end" : ""}`);
  }

  data(buffer: Buffer, start: number, end: number): void {
    const text = buffer.latin1Slice(start, end);
    const last = this.events.at(-1) ?? "";
    if (this.#data) this.events[this.events.length - 1] = last + text;
    else this.#say(`data ${text}`);
    this.#data = true;
    if (this.consumes) this.stream?.consumed(end - start);
  }

  ended(trailers: readonly string[] | undefined): void {
    this.#say(trailers ? `trailers ${trailers.join(" ")}` : "end");
  }

  reset(code: number, unprocessed: boolean): void {
    this.#say(`reset ${code}${unprocessed ? " unprocessed" : ""}`);
  }

  drained(): void {
    this.#say("drained");
  }
}

/** One half of a connection that writes down what happens. */
export class Half implements SessionUser {
  readonly session: Http2Session;
  readonly streams: StreamLog[] = [];
  readonly events: string[] = [];
  waiting = false;
  /** Called when a stream is opened. */
  answer: (stream: Http2Stream, log: StreamLog) => void = () => undefined;

  constructor(role: Role, options: Partial<SessionOptions> = {}) {
    this.session = new Http2Session(role, this, { ...defaultSessionOptions, ...options });
    this.session.start();
  }

  opened(stream: Http2Stream, fields: string[], end: boolean, tooLarge: boolean): StreamUser | undefined {
    const log = new StreamLog();
    log.stream = stream;
    log.opened(fields, end, tooLarge);
    this.streams.push(log);
    this.answer(stream, log);
    return log;
  }

  request(fields: readonly string[], end: boolean): StreamLog {
    const log = new StreamLog();
    log.stream = this.session.request(fields, end, log);
    this.streams.push(log);
    return log;
  }

  goaway(code: number): void {
    this.events.push(`goaway ${code}`);
  }

  available(): void {}

  pending(): void {
    this.waiting = true;
  }

  failed(code: number, reason: string): void {
    this.events.push(`failed ${code} ${reason}`);
  }

  /** What was written since, or no bytes. */
  take(): Buffer {
    this.waiting = false;
    return this.session.output() ?? Buffer.alloc(0);
  }
}

/** Carries bytes between two halves until neither has any. */
export function carry(one: Half, other: Half): void {
  while (one.waiting || other.waiting) {
    const there = one.take();
    other.session.receive(there, 0, there.length);
    const back = other.take();
    one.session.receive(back, 0, back.length);
  }
}

export const get: readonly string[] = [":method", "GET", ":scheme", "http", ":authority", "a", ":path", "/"];
export const post: readonly string[] = [":method", "POST", ":scheme", "http", ":authority", "a", ":path", "/"];
