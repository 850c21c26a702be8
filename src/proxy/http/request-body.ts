// On the path of requests with a body.
import { copyOf } from "../net/socket.ts";
import type { ClientConnection } from "./client-connection.ts";

/** Bytes of a request kept for another try, or until there is a connection. */
const most = 65_536;

/** A request's body on its way: kept while it may be needed again, bounded. */
export class RequestBody {
  /** All of it has come. */
  ended: boolean;
  /** Everything that came is still here, so the request can be sent again. */
  repeatable = true;
  readonly #kept: Buffer[] = [];
  #bytes = 0;
  #forgetWhenSent = false;

  constructor(expected: boolean) {
    this.ended = !expected;
  }

  /** False: nothing more should come until it is sent. */
  data(buffer: Buffer, start: number, end: number, connection: ClientConnection | undefined): boolean {
    if (connection && this.#forgetWhenSent) this.forget();
    if (!connection || this.repeatable) {
      this.#kept.push(copyOf(buffer, start, end));
      this.#bytes += end - start;
      if (connection && this.#bytes > most) this.forget();
    }
    return connection ? connection.body(buffer, start, end) : this.#bytes < most;
  }

  end(connection: ClientConnection | undefined): void {
    this.ended = true;
    connection?.endBody();
  }

  /** Sends what has come so far; false: wait before sending more. */
  sendTo(connection: ClientConnection): boolean {
    let goOn = true;
    for (const bytes of this.#kept) goOn = connection.body(bytes, 0, bytes.length);
    if (this.#bytes > (this.#forgetWhenSent ? 0 : most)) this.forget();
    if (this.ended) connection.endBody();
    return goOn;
  }

  /** No other try is planned: a body is not kept for one. */
  forgetWhenSent(): void {
    this.#forgetWhenSent = true;
  }

  forget(): void {
    this.repeatable = false;
    this.#kept.length = 0;
  }
}
