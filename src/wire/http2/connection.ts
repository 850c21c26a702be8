// On the path of every request.
import { enhanceYourCalm, http2Codes, type Fault } from "./codes.ts";
import { FloodGuard } from "./flood.ts";
import { initialWindow, mostStreamId } from "./frame.ts";
import { ReceiveWindow } from "./receive-window.ts";
import { FrameWriter, type WriterUser } from "./frame-writer.ts";
import { Sender, type SenderUser } from "./sender.ts";
import type { SessionOptions } from "./session-options.ts";
import { PeerSettings, type Role } from "./settings.ts";
import { SessionStream, type StreamOwner } from "./stream.ts";
import { StreamTable } from "./stream-table.ts";
import type { SessionUser } from "./users.ts";

const rapidReset = enhanceYourCalm("streams opened to be given up at once");

/** What the parts of a session share, and how streams and the connection itself end. */
export class Connection implements StreamOwner, SenderUser, WriterUser {
  readonly role: Role;
  readonly user: SessionUser;
  readonly options: SessionOptions;
  readonly guard: FloodGuard;
  readonly writer: FrameWriter;
  readonly sender: Sender;
  readonly receiveWindow: ReceiveWindow;
  readonly table: StreamTable;
  readonly peer = new PeerSettings();
  /** Nothing is read any more: a rule was broken, the session was closed, or the socket is gone. */
  failed = false;
  /** The peer has read our settings. */
  acknowledged = false;
  /** Peer's streams above this number are passed over: our GOAWAY said so. */
  lastWelcome = mostStreamId;
  /** The peer's GOAWAY: our streams above this number it will not serve. */
  lastServed = mostStreamId;
  /** The peer takes no new streams, or we want to open none. */
  draining = false;

  constructor(role: Role, user: SessionUser, options: SessionOptions) {
    this.role = role;
    this.user = user;
    this.options = options;
    this.guard = new FloodGuard(options);
    this.writer = new FrameWriter(this, options.limits);
    this.sender = new Sender(this.writer, this, this.guard, options.limits);
    this.receiveWindow = new ReceiveWindow(this.writer, options);
    this.table = new StreamTable(role);
  }

  stream(id: number): SessionStream {
    const stream = new SessionStream(id, this, this.peer.initialWindow, this.#newWindow, this.options.streamWindow);
    this.table.add(stream);
    return stream;
  }

  /** Until the peer has read our settings it sends what everybody takes. */
  get #newWindow(): number {
    const { streamWindow } = this.options;
    return this.acknowledged ? streamWindow : Math.max(initialWindow, streamWindow);
  }

  /** Frames of a closed stream that its sender could not know to be late (RFC 9113 §5.1, §6.8). */
  isLate(id: number): boolean {
    return id > this.lastWelcome || this.table.didWeReset(id);
  }

  // How a stream ends.

  /** The peer's last frame of this stream was read, and its user told. */
  remoteFinished(stream: SessionStream): void {
    if (stream.finished && !stream.closed) this.#over(stream);
  }

  finished(stream: SessionStream): void {
    if (stream.closed) return;
    if (stream.remoteEnded) this.#over(stream);
    else if (stream.resetAfterwards) this.streamReset(stream, http2Codes.noError);
  }

  #over(stream: SessionStream): void {
    this.table.ended(stream.id);
    this.#drop(stream);
    this.user.available();
  }

  #drop(stream: SessionStream): void {
    stream.closed = true;
    this.sender.forget(stream);
    this.receiveWindow.forget(stream);
  }

  streamReset(stream: SessionStream, code: number): void {
    this.table.weReset(stream.id, stream.receiveWindow);
    this.#drop(stream);
    this.writer.rstStream(stream.id, code);
    this.user.available();
  }

  userReset(stream: SessionStream, code: number): void {
    this.streamReset(stream, code);
    // The user found the message malformed: that counts as what we find ourselves.
    if (code === http2Codes.protocolError) this.countReset(stream.openedAt);
  }

  streamError(stream: SessionStream, code: number): void {
    this.streamReset(stream, code);
    stream.user.reset(code, false, true);
    this.countReset(stream.openedAt);
  }

  /** A stream that is not even opened. */
  refuse(id: number, code: number): void {
    this.table.weReset(id, this.#newWindow);
    this.writer.rstStream(id, code);
  }

  /** RST_STREAM came, or GOAWAY that says the same. */
  peerReset(stream: SessionStream, code: number, unprocessed: boolean): void {
    this.table.ended(stream.id);
    this.#drop(stream);
    stream.user.reset(code, unprocessed, false);
    this.user.available();
  }

  /** The peer reset a stream or made us do it. */
  countReset(openedAt: number): void {
    if (this.role === "server" && this.guard.reset(openedAt)) this.fail(rapidReset);
  }

  // How the connection ends.

  fail(fault: Fault): void {
    if (this.failed) return;
    this.end(fault.code, true);
    this.user.failed(fault.code, fault.reason);
  }

  /** GOAWAY, and every stream is over. `fault`: by the peer's own. */
  end(code: number, fault = false): void {
    if (this.failed) return;
    this.failed = true;
    this.writer.goaway(this.table.lastTaken, code);
    this.gone(code, fault);
  }

  /** Every stream is over. */
  gone(code: number, fault = false): void {
    this.failed = true;
    const streams = this.table.all();
    for (const stream of streams) {
      this.table.ended(stream.id);
      stream.closed = true;
      this.sender.forget(stream);
    }
    for (const stream of streams) stream.user.reset(code, false, fault);
  }

  // What the writer says.

  pending(): void {
    this.user.pending();
  }

  flooded(fault: Fault): void {
    this.fail(fault);
  }
}
