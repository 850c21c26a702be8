/** Who owns one stream. After `reset`, or after both sides ended, nothing is called any more. */
export interface StreamUser {
  /** Clients: a head of the answer (interim ones too). Flat list, pseudo-fields first as received. `end`: nothing follows. */
  head(fields: string[], end: boolean): void;
  /** Must be consumed before it returns. The bytes count against the stream's receive window until `stream.consumed(n)`. */
  data(buffer: Buffer, start: number, end: number): void;
  /** The peer finished its side, with trailers (as `readTrailers` leaves them) or without; not when `head` or `opened` said so. */
  ended(trailers: string[] | undefined): void;
  /**
   * The stream is over before its time: RST_STREAM from the peer, a stream error found by us, GOAWAY below it or the
   * connection's end. `code`: RFC 9113 §7. `unprocessed`: the peer certainly did not act on it (REFUSED_STREAM, above
   * GOAWAY's last id). `fault`: the peer broke a rule, of this stream or of the connection. Not called for a reset by
   * the user itself.
   */
  reset(code: number, unprocessed: boolean, fault: boolean): void;
  /** Room again after `data` of the stream returned false. */
  drained(): void;
}

/** Who owns one connection. */
export interface SessionUser {
  /**
   * Servers: a client opened a stream. `tooLarge`: the field list passed the limit and is cut short (answer 431). Returns
   * who reads it; undefined: the stream is reset, if it was not answered.
   */
  opened(stream: Http2Stream, fields: string[], end: boolean, tooLarge: boolean): StreamUser | undefined;
  /** The peer takes no new streams (GOAWAY); streams above its last one were reset with `unprocessed`. */
  goaway(code: number): void;
  /** A stream ended, or settings arrived: there may be more room for new ones, or none is left to wait for. */
  available(): void;
  /** Output is waiting: take it with `output()` before the turn ends, but not from within this call. Called once until it is taken. */
  pending(): void;
  /** The connection must be closed after what is pending was written: our GOAWAY is in it. */
  failed(code: number, reason: string): void;
}

/** One stream as its user sees it. Calls after its end do nothing. */
export interface Http2Stream {
  readonly id: number;
  /** The peer sends no more on it. */
  readonly remoteEnded: boolean;
  /** We said all there is to say; some of it may still wait for a window. */
  readonly localEnded: boolean;
  /** Both sides ended and all was written, or it was reset. */
  readonly closed: boolean;
  /** Bytes of DATA that wait for a window or the socket. */
  readonly unsent: number;
  /** Servers: an answer's head, interim ones too. */
  head(fields: readonly string[], end: boolean): void;
  /** Copies. False: more than a bounded amount waits for windows or the socket; wait for `drained`. `last`: nothing follows. */
  data(buffer: Buffer, start: number, end: number, last: boolean): boolean;
  trailers(fields: readonly string[]): void;
  end(): void;
  /** Ends it at once; with NO_ERROR, once what waits was written (RFC 9113 §8.1: an answer before the request's end). */
  reset(code: number): void;
  /** Gives receive window back. */
  consumed(bytes: number): void;
  /**
   * How many bytes of DATA the message announced. The stream is reset where they are fewer or more (RFC 9113 §8.1.1).
   * False: it was, for the peer ended it already.
   */
  expect(length: number): boolean;
}
