// On the path of every request.
import type { Http2Session } from "../../wire/index.ts";
import { flushSoon, type Flushed } from "../net/flusher.ts";
import type { WireSocket } from "../net/socket.ts";

/** A stream that was given bytes during a read and is to be told when the read is over. */
interface Touched {
  touched: boolean;
  readOver(): void;
}

/** A session and its socket: what is read goes in, what is to be written is gathered and leaves once a turn. */
export class SessionSocket implements Flushed {
  readonly socket: WireSocket;
  readonly #session: Http2Session;
  #touched: Touched[] = [];
  #flushing = false;
  /** Nothing more is said after what waits: the socket ends then. */
  #ending = false;

  constructor(socket: WireSocket, session: Http2Session) {
    this.socket = socket;
    this.#session = session;
  }

  read(buffer: Buffer, start: number, end: number): void {
    this.#session.receive(buffer, start, end);
    const all = this.#touched;
    if (all.length === 0) return;
    this.#touched = [];
    for (const stream of all) {
      stream.touched = false;
      stream.readOver();
    }
  }

  touch(stream: Touched): void {
    if (stream.touched) return;
    stream.touched = true;
    this.#touched.push(stream);
  }

  /** Something waits to be written. */
  pending(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    flushSoon(this);
  }

  flush(): void {
    this.#flushing = false;
    if (this.socket.closed) return;
    const bytes = this.#session.output();
    if (bytes) this.#write(bytes);
    if (this.#ending) this.socket.end();
  }

  #write(bytes: Buffer): void {
    const { socket } = this;
    if (!socket.write(bytes)) this.#session.blocked(true);
    else if (socket.empty) this.#session.written();
  }

  drained(): void {
    this.#session.blocked(false);
  }

  /** Ends the connection once all that waits was written. */
  end(): void {
    this.#ending = true;
    this.pending();
  }
}
