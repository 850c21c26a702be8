import { http2Codes, type Http2Session } from "../../wire/index.ts";
import type { Keepalive } from "../config/contract.ts";

/** Milliseconds a peer may take for its first settings, and for a frame or a field block: as for a head of HTTP/1.1. */
export const headLimit = 60_000;

/** The time limits of one connection's peer, looked at once a second. What streams may take, exchanges look at themselves. */
export class Patience {
  readonly #session: Http2Session;
  readonly #keepalive: Keepalive | undefined;
  readonly #openedAt: number;
  /** What was not complete at the last look, and since when. */
  #unfinished = 0;
  #since = 0;
  /** When the last PING was sent; before the first one, when the connection was made. */
  #pingedAt: number;
  #awaited = false;

  constructor(session: Http2Session, keepalive: Keepalive | undefined, now: number) {
    this.#session = session;
    this.#keepalive = keepalive;
    this.#openedAt = now;
    this.#pingedAt = now;
  }

  /** The code to end the connection with, where its peer is late; sends PING where it is time to. */
  overdue(now: number, limit = headLimit): number | undefined {
    const { greeted, unfinished } = this.#session;
    if (!greeted) return now - this.#openedAt > limit ? http2Codes.settingsTimeout : undefined;
    if (unfinished === 0 || unfinished !== this.#unfinished) this.#since = now;
    this.#unfinished = unfinished;
    if (now - this.#since > limit) return http2Codes.enhanceYourCalm;
    return this.#keepalive && this.#silent(now, this.#keepalive) ? http2Codes.noError : undefined;
  }

  #silent(now: number, { interval, timeout }: Keepalive): boolean {
    if (this.#session.lastPong === this.#pingedAt) this.#awaited = false;
    if (this.#awaited) return now - this.#pingedAt >= timeout;
    if (now - this.#pingedAt < interval) return false;
    this.#awaited = true;
    this.#pingedAt = now;
    this.#session.ping(now);
    return false;
  }
}
