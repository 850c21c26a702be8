import type { HttpChain } from "../config/contract.ts";
import { replies, type LocalReply } from "./local-reply.ts";

/** Whether an exchange still moves: looked at once a second. */
export class Pace {
  readonly #startedAt: number;
  /** What had moved at the last look, and since when nothing more has. */
  #moved = 0;
  #movedAt: number;

  constructor(startedAt: number) {
    this.#startedAt = startedAt;
    this.#movedAt = startedAt;
  }

  /** The answer for an exchange over its limits; `moved` grows with each byte and try, `sent`: the request has come whole. */
  overdue(
    now: number,
    moved: number,
    sent: boolean,
    { requestTimeout, streamIdleTimeout }: Pick<HttpChain, "requestTimeout" | "streamIdleTimeout">,
  ): LocalReply | undefined {
    if (moved !== this.#moved) this.#movedAt = now;
    this.#moved = moved;
    if (!sent && requestTimeout > 0 && now - this.#startedAt >= requestTimeout) return replies.requestTimeout;
    if (streamIdleTimeout === 0 || now - this.#movedAt < streamIdleTimeout) return undefined;
    return sent ? replies.idleTimeout : { ...replies.idleTimeout, status: 408 };
  }
}
