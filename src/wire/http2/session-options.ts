import { systemClock } from "../../base/index.ts";

/** What a peer may use up before we refuse. Each number has its reason beside its default. */
export interface SessionLimits {
  /** Streams the peer may have open at once (SETTINGS_MAX_CONCURRENT_STREAMS). */
  readonly concurrentStreams: number;
  /** Bytes of a field list as RFC 9113 §6.5.2 counts them (SETTINGS_MAX_HEADER_LIST_SIZE). */
  readonly fieldListSize: number;
  readonly fields: number;
  /** Bytes of a field block as it was sent, with its CONTINUATION frames. */
  readonly fieldBlock: number;
  readonly continuations: number;
  /** Entries of one SETTINGS frame. */
  readonly settings: number;
  /** Frames that ask for work and bring none (PING, SETTINGS, PRIORITY, WINDOW_UPDATE, …) above what useful frames earned. */
  readonly idleFrames: number;
  /** Milliseconds after which so many are allowed anew. */
  readonly idleFramesSpan: number;
  /** Frames of fields or data without a byte in them and without END_STREAM, one after another. */
  readonly emptyFrames: number;
  /** Streams within `resetsSpan` of which, were half of them reset before they lived `shortLife`, we have enough. */
  readonly resetStreams: number;
  readonly resetsSpan: number;
  readonly shortLife: number;
  /** Answers to PING, SETTINGS and faults that wait because the peer does not read. */
  readonly unreadReplies: number;
  /** Bytes of everything that waits because the peer does not read. DATA is not among them: it is not made then. */
  readonly unread: number;
  /** Bytes of DATA that wait for a window or the socket, of one stream and of all, before `data` says stop. */
  readonly streamWaiting: number;
  readonly sessionWaiting: number;
}

export interface SessionOptions {
  readonly limits: SessionLimits;
  /** Bytes of DATA the peer may send on a stream before they are consumed: at first, and where its user keeps up. */
  readonly streamWindow: number;
  readonly grownWindow: number;
  /** Bytes of DATA the peer may have on the way on the whole connection. */
  readonly connectionWindow: number;
  /**
   * Bytes that the windows of all streams may grow by, and bytes received and not consumed, above 65 535 for each stream,
   * up to which the connection's window is given back at once.
   */
  readonly heldBytes: number;
  /** Bytes of the dynamic tables of HPACK: ours is said, the peer's wish is met up to it. */
  readonly tableSize: number;
  /** Servers: extended CONNECT is welcome (RFC 8441). */
  readonly connectProtocol: boolean;
  /** Milliseconds from any start. */
  readonly now: () => number;
}

const defaultSessionLimits: SessionLimits = {
  // What RFC 9113 §6.5.2 calls the least advisable, and most servers have: enough for any browser.
  concurrentStreams: 100,
  // Those of HTTP/1.1 heads, which are Envoy's: the same message passes on both.
  fieldListSize: 61_440,
  fields: 100,
  // Twice the list: what is a little too large is still read and answered with 431.
  fieldBlock: 131_072,
  // Eight full ones carry the largest block; the others are for senders that cut smaller.
  continuations: 16,
  // RFC 9113 and its extensions define nine.
  settings: 32,
  // Envoy lets 1000 control frames wait. An attacker's 1000 a second cost a thousandth of a core.
  idleFrames: 1000,
  idleFramesSpan: 1000,
  // Envoy's: one happens, two in a row are no accident.
  emptyFrames: 1,
  // Envoy's numbers of streams and of milliseconds, and its half; within a span, so that a long life adds up to nothing.
  resetStreams: 500,
  resetsSpan: 10_000,
  shortLife: 1000,
  // Envoy's max_outbound_control_frames.
  unreadReplies: 1000,
  // The heads of a hundred answers of 10 KB.
  unread: 1_048_576,
  // One read of a socket. With as much again still on its way, a hundred stalled streams keep some 7 MB, not more.
  streamWaiting: 65_536,
  sessionWaiting: 1_048_576,
};

export const defaultSessionOptions: SessionOptions = {
  limits: defaultSessionLimits,
  // What everybody begins with, and one read of a socket: so much is held for each reader who stands still.
  streamWindow: 65_535,
  // At a distance of 10 ms, 25 MB a second for one stream.
  grownWindow: 262_144,
  connectionWindow: 1_048_576,
  // Twenty streams whose windows are as large as they get.
  heldBytes: 4_194_304,
  tableSize: 4096,
  connectProtocol: true,
  now: () => systemClock.monotonic(),
};
