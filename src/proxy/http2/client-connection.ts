// On the path of every request.
import { http2Codes, Http2Session, type Http2Stream, type SessionUser, type StreamUser } from "../../wire/index.ts";
import type { Http2Rules } from "../config/contract.ts";
import type { SocketUser, WireSocket } from "../net/socket.ts";
import { Http2ClientStream } from "./client-stream.ts";
import { SessionSocket } from "./connection.ts";
import { Patience } from "./patience.ts";

/** Milliseconds an endpoint has to close after it was told that the connection is over. */
const closeLimit = 10_000;

/** Who keeps a connection. */
export interface ConnectionKeeper {
  /** It may carry more streams now. */
  available(): void;
  /** It takes no new streams. */
  closing(connection: Http2ClientConnection): void;
  gone(connection: Http2ClientConnection): void;
}

/** One HTTP/2 connection to an endpoint; carries many exchanges at a time. */
export class Http2ClientConnection implements SocketUser, SessionUser {
  /** Streams opened. */
  requests = 0;
  /** The connection is lost: streams that break now break with it. */
  gone = false;
  readonly #keeper: ConnectionKeeper;
  readonly #session: Http2Session;
  readonly #connection: SessionSocket;
  readonly #ungreeted: (() => void)[] = [];
  readonly #patience: Patience;
  #closing = false;
  /** The last frame was written, or will be. */
  #ending = false;
  #endingSince = 0;

  /** `now`: of the clock that `sweep` is told. */
  constructor(socket: WireSocket, rules: Http2Rules, keeper: ConnectionKeeper, now: number) {
    this.#keeper = keeper;
    this.#session = new Http2Session("client", this, rules);
    this.#patience = new Patience(this.#session, rules.keepalive, now);
    this.#connection = new SessionSocket(socket, this.#session);
    socket.user = this;
    this.#session.start();
  }

  get local(): string {
    return this.#connection.socket.local;
  }

  /** Streams that may be opened now. */
  get room(): number {
    return this.#closing || this.#connection.socket.closed ? 0 : this.#session.room;
  }

  get idle(): boolean {
    return this.#session.openStreams === 0;
  }

  stream(): Http2ClientStream {
    return new Http2ClientStream(this);
  }

  /** Undefined: no room, or no upgrades here. */
  open(fields: readonly string[], end: boolean, upgrade: boolean, user: StreamUser): Http2Stream | undefined {
    if (this.room === 0 || (upgrade && !this.#session.peerConnects)) return undefined;
    this.requests += 1;
    return this.#session.request(fields, end, user);
  }

  /** Runs it once the endpoint's settings are known, for they say whether upgrades are welcome; also when they never come. */
  greeted(run: () => void): void {
    if (this.#session.greeted || this.gone) run();
    else this.#ungreeted.push(run);
  }

  touch(stream: Http2ClientStream): void {
    this.#connection.touch(stream);
  }

  /** No new streams; the connection ends with its last one. */
  close(): void {
    if (!this.#closing) {
      this.#closing = true;
      this.#keeper.closing(this);
    }
    if (this.idle) this.#end(http2Codes.noError);
  }

  /** Limits of seconds: an endpoint that leaves something half said, does not answer PING, or does not close. */
  sweep(now: number): void {
    if (this.#ending) {
      this.#endingSince ||= now;
      if (now - this.#endingSince > closeLimit) this.#connection.socket.destroy();
      return;
    }
    const late = this.#patience.overdue(now);
    if (late === undefined) return;
    this.gone = true;
    this.#closing = true;
    this.#keeper.closing(this);
    this.#end(late);
  }

  #end(code: number): void {
    this.#ending = true;
    this.#session.close(code);
    this.#connection.end();
  }

  bytes(buffer: Buffer, start: number, end: number): void {
    this.#connection.read(buffer, start, end);
  }

  ended(): void {
    this.#connection.socket.destroy();
  }

  closed(): void {
    this.gone = true;
    this.#closing = true;
    this.#session.closed();
    this.#runUngreeted();
    this.#keeper.gone(this);
  }

  drained(): void {
    this.#connection.drained();
  }

  opened(): undefined {
    // Endpoints open no streams: the session refuses them.
    return undefined;
  }

  goaway(): void {
    this.close();
  }

  available(): void {
    if (this.#session.greeted) this.#runUngreeted();
    if (this.#closing) this.close();
    else this.#keeper.available();
  }

  pending(): void {
    this.#connection.pending();
  }

  #runUngreeted(): void {
    if (this.#ungreeted.length > 0) for (const run of this.#ungreeted.splice(0)) run();
  }

  failed(): void {
    this.gone = true;
    this.#closing = true;
    this.#ending = true;
    this.#keeper.closing(this);
    this.#connection.end();
  }
}
