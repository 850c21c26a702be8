// On the path of requests with a body.
import { copyOf } from "../net/socket.ts";
import type { ClientStream } from "./codec.ts";

/** Bytes of a request kept for another try, or until there is a way to an endpoint. */
const most = 65_536;

/** A request's body on its way: kept while it may be needed again, bounded. */
export class RequestBody {
  /** All of it has come. */
  ended: boolean;
  /** Everything that came is still here, so the request can be sent again. */
  repeatable = true;
  readonly #kept: Buffer[] = [];
  #trailers: readonly string[] | undefined = undefined;
  #bytes = 0;
  #forgetWhenSent = false;

  constructor(expected: boolean) {
    this.ended = !expected;
  }

  /** False: nothing more should come until it is sent. */
  data(buffer: Buffer, start: number, end: number, stream: ClientStream | undefined): boolean {
    if (stream && this.#forgetWhenSent) this.forget();
    if (!stream || this.repeatable) {
      this.#kept.push(copyOf(buffer, start, end));
      this.#bytes += end - start;
      if (stream && this.#bytes > most) this.forget();
    }
    return stream ? stream.body(buffer, start, end) : this.#bytes < most;
  }

  end(trailers: readonly string[] | undefined, stream: ClientStream | undefined): void {
    this.ended = true;
    this.#trailers = trailers;
    stream?.endBody(trailers);
  }

  /** Sends what has come so far; false: wait before sending more. */
  sendTo(stream: ClientStream): boolean {
    let goOn = true;
    for (const bytes of this.#kept) goOn = stream.body(bytes, 0, bytes.length);
    if (this.#bytes > (this.#forgetWhenSent ? 0 : most)) this.forget();
    if (this.ended) stream.endBody(this.#trailers);
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
