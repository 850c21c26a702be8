// On the path of every request.
import { writeSync } from "node:fs";
import { connect, Socket } from "node:net";
import type { TlsFacts } from "../tls/facts.ts";
import { HandleTlsSocket, type TcpHandle, type TlsOptions } from "./tls-socket.ts";

/** Who reads a connection. Bytes must be consumed before `bytes` returns: all connections share one buffer. */
export interface SocketUser {
  bytes(buffer: Buffer, start: number, end: number): void;
  /** The peer will send no more. */
  ended(): void;
  /** The connection is gone; called once. */
  closed(): void;
  /** What was written has left; called after a write returned false. */
  drained(): void;
}

/** One read buffer for every connection of the process: no allocation for a read. */
const shared = Buffer.allocUnsafeSlow(65_536);

/** Where what is written is put together: a head and a whole read, and what may stand between and behind. */
const assembled = Buffer.allocUnsafeSlow(2 * shared.length);

interface WithHandle {
  _handle: TcpHandle | null;
}

/** A TCP connection, or TLS on one, read through the shared buffer. Its user may be replaced at any time (detection, then HTTP, then a tunnel). */
export class WireSocket {
  user: SocketUser;
  readonly socket: Socket;
  /** Why it broke, where it did. */
  error: NodeJS.ErrnoException | undefined;
  /** The peer said that it will send no more. */
  ended = false;
  /** What the handshake showed, where there was one. */
  tls: TlsFacts | undefined = undefined;
  #paused = false;
  #closed = false;
  /** What came while paused: TLS gives all that it has deciphered, one read of the system's at most. */
  #held: Buffer | undefined = undefined;
  #heldEnd = false;
  #carried = 0;
  /** The system may take bytes as they are: nothing has to encrypt them before. */
  readonly #direct: boolean;

  private constructor(user: SocketUser, make: (onread: NonNullable<ConnectOptions["onread"]>) => Socket) {
    this.user = user;
    this.socket = make({
      buffer: shared,
      callback: (length) => {
        if (this.#paused || this.#held) this.#hold(length);
        else this.user.bytes(shared, 0, length);
        return true;
      },
    });
    this.#direct = !(this.socket instanceof HandleTlsSocket);
    this.socket.on("end", () => {
      if (this.#paused || this.#held) this.#heldEnd = true;
      else this.#end();
    });
    this.socket.on("error", (error) => void (this.error = error));
    this.socket.on("close", () => {
      this.#closed = true;
      this.user.closed();
    });
    this.socket.on("drain", () => this.user.drained());
  }

  /** Takes over a connection that was accepted (with `pauseOnConnect`) or made elsewhere, unread. */
  static over(accepted: Socket, user: SocketUser): WireSocket {
    return new WireSocket(user, (onread) => {
      const handle = handleOf(accepted);
      const options = { handle, onread, allowHalfOpen: true };
      const socket = new Socket(options as unknown as ConstructorParameters<typeof Socket>[0]);
      socket.setNoDelay(true);
      return socket;
    });
  }

  /** `connected` is called once it is; otherwise `closed` of the user, with `error` set. */
  static to(address: string, port: number, user: SocketUser, connected: () => void): WireSocket {
    return new WireSocket(user, (onread) => {
      const socket = connect({ host: address, port, onread, allowHalfOpen: true, noDelay: true });
      socket.on("connect", connected);
      return socket;
    });
  }

  /**
   * Begins TLS on an open connection: `wire` reads and writes plain text from now on, and the object of before is spent.
   * `user` is told when it closes; bytes come only after `tls` was `secure`.
   */
  static secured(
    plain: WireSocket,
    options: TlsOptions,
    user: SocketUser,
  ): { readonly wire: WireSocket; readonly tls: HandleTlsSocket } {
    let tls: HandleTlsSocket | undefined;
    const wire = new WireSocket(user, (onread) => {
      const handle = handleOf(plain.socket);
      if (!handle) throw new RangeError("the connection is closed");
      tls = new HandleTlsSocket(handle, options, onread);
      return tls;
    });
    if (!tls) throw new RangeError("the connection is closed");
    // The handle keeps the socket of before; that one need not keep everything else.
    plain.user = nobody;
    plain.socket.removeAllListeners();
    // A fault of the protocol after the handshake ends the connection, too.
    tls.on("error", () => wire.destroy());
    return { wire, tls };
  }

  /** What TLS agreed to speak; undefined where there is none. */
  get alpn(): string | undefined {
    return this.tls?.alpn;
  }

  get closed(): boolean {
    return this.#closed || this.socket.destroyed;
  }

  /** The system has taken all that was written. */
  get empty(): boolean {
    return this.socket.writableLength === 0;
  }

  get bytesWritten(): number {
    return this.socket.bytesWritten + this.#carried;
  }

  /** `address:port` of this end. */
  get local(): string {
    return `${this.socket.localAddress}:${this.socket.localPort}`;
  }

  /** Writes text of one-byte characters, or bytes; false: wait for `drained` before writing more. */
  write(data: string | Buffer): boolean {
    return typeof data === "string" ? this.socket.write(data, "latin1") : this.socket.write(data);
  }

  /**
   * Writes bytes of a buffer that is filled again at once. What the system takes this moment is never copied; the rest is.
   * False: wait for `drained` before writing more.
   */
  carry(buffer: Buffer, start: number, end: number): boolean {
    const { socket } = this;
    let at = start;
    // Behind what waits already it must wait too.
    if (this.#direct && socket.writableLength === 0 && !socket.writableEnded) {
      at += writeNow(socket, buffer, start, end);
      this.#carried += at - start;
    }
    return at === end || socket.write(copyOf(buffer, at, end));
  }

  /** The same, behind a text of one-byte characters and before another, all in one write. */
  carryBetween(head: string, buffer: Buffer, start: number, end: number, tail: string): boolean {
    if (head === "" && tail === "") return this.carry(buffer, start, end);
    const tailAt = head.length + end - start;
    const length = tailAt + tail.length;
    const all = this.#direct && length <= assembled.length ? assembled : Buffer.allocUnsafe(length);
    all.latin1Write(head, 0);
    buffer.copy(all, head.length, start, end);
    all.latin1Write(tail, tailAt);
    return all === assembled ? this.carry(all, 0, length) : this.socket.write(all);
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.socket.destroyed) return;
    // Not from within whoever asks for more.
    if (this.#held || this.#heldEnd) queueMicrotask(() => this.#giveHeld());
    this.socket.resume();
  }

  #hold(length: number): void {
    const piece = copyOf(shared, 0, length);
    this.#held = this.#held ? Buffer.concat([this.#held, piece]) : piece;
  }

  #giveHeld(): void {
    if (this.#paused || this.closed) return;
    const held = this.#held;
    this.#held = undefined;
    if (held) this.user.bytes(held, 0, held.length);
    if (!this.#heldEnd || this.#paused || this.closed) return;
    this.#heldEnd = false;
    this.#end();
  }

  #end(): void {
    this.ended = true;
    this.user.ended();
  }

  /** Sends what was written, then says that no more comes. */
  end(): void {
    this.socket.end();
  }

  /** Ends it for good once what was written has left. */
  destroySoon(): void {
    this.socket.destroySoon();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Ends the connection so that the peer sees a break, not an end; what was written is handed to the system before. */
  reset(): void {
    const { socket } = this;
    if (socket.destroyed) return;
    // An end is on its way already, and a socket that is shutting down cannot be reset.
    if (socket.writableEnded) return socket.destroySoon();
    if (socket.writableLength === 0) resetNow(socket);
    else socket.write("", () => void (socket.destroyed || resetNow(socket)));
  }
}

/**
 * Node's own `resetAndDestroy` shuts the socket down first; an error in that moment makes its reset fail, and then the handle
 * stays open for ever and nobody is told `close`.
 */
function resetNow(socket: Socket): void {
  Object.assign(socket, { resetAndClosing: true });
  socket.destroy();
}

/** Bytes the system takes without waiting. An error is met again, and told, by the stream's own write. */
function writeNow(socket: Socket, buffer: Buffer, start: number, end: number): number {
  const fd = (socket as unknown as WithHandle)._handle?.fd ?? -1;
  if (fd < 0) return 0;
  try {
    return writeSync(fd, buffer, start, end - start);
  } catch {
    return 0;
  }
}

/** Takes the handle out of a socket, which then must not close what it no longer owns. */
function handleOf(socket: Socket): TcpHandle | null {
  const holder = socket as unknown as WithHandle;
  const handle = holder._handle;
  holder._handle = null;
  return handle;
}

type ConnectOptions = { onread?: { buffer: Buffer; callback: (length: number) => boolean } };

/** Bytes of the shared buffer that must live on. */
export function copyOf(buffer: Buffer, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafe(end - start);
  buffer.copy(copy, 0, start, end);
  return copy;
}

/** Who nobody listens to: for connections that are ending. */
export const nobody: SocketUser = {
  bytes: () => undefined,
  ended: () => undefined,
  closed: () => undefined,
  drained: () => undefined,
};
