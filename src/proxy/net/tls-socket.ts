import { TLSSocket, type SecureContext } from "node:tls";

/** What one end of a TLS connection needs to begin. */
export interface TlsOptions {
  readonly isServer: boolean;
  readonly secureContext: SecureContext;
  /** Server: ask for a certificate, and end the handshake of a client that has none. */
  readonly requestCert: boolean;
  readonly needCert: boolean;
  /** In the order of preference; empty: the extension is left out. */
  readonly alpn: readonly string[];
  /** Client: the name asked for. */
  readonly serverName?: string | undefined;
  /** Client: a session of this server to go on with. */
  readonly session?: Buffer | undefined;
}

/** Reads into one buffer of ours, as `net.Socket` does with `onread`. */
interface OnRead {
  readonly buffer: Buffer;
  readonly callback: (length: number) => boolean;
}

/** The TCP handle under a socket. */
export interface TcpHandle {
  readonly fd?: number;
  reset(done: () => void): number;
}

interface TlsHandle extends TcpHandle {
  receive(bytes: Buffer): void;
  /** Why OpenSSL does not trust the peer's certificate; also set when there is none. */
  verifyError(): (Error & { readonly code: string }) | null;
  setSession(session: Buffer): void;
  enableSessionCallbacks(): void;
  onnewsession: (id: Buffer, session: Buffer) => void;
}

/** What Node's socket has beyond its documented face; the tests of `tls/` notice when that changes. */
interface Inner {
  _tlsOptions: { readonly tcp: TcpHandle };
  _handle: TlsHandle | null;
  connecting: boolean;
  _releaseControl(): void;
  setServername(name: string): void;
  _start(): void;
  _wrapHandle(wrap: unknown, handle: unknown, writing: boolean): unknown;
}

const innerOf = (socket: TLSSocket) => socket as unknown as Inner;

/**
 * TLS straight on a TCP handle. Node gives `onread` only to sockets it connects itself; over another socket every read would
 * be copied into a buffer of its own and go through a stream.
 */
export class HandleTlsSocket extends TLSSocket {
  #session: Buffer | undefined;
  #keep: ((session: Buffer) => void) | undefined;

  constructor(tcp: TcpHandle, options: TlsOptions, onread: OnRead) {
    const given = {
      tcp,
      isServer: options.isServer,
      secureContext: options.secureContext,
      requestCert: options.requestCert,
      rejectUnauthorized: options.needCert,
      ...(options.alpn.length === 0 ? {} : { ALPNProtocols: [...options.alpn] }),
      allowHalfOpen: true,
      onread,
    };
    super(undefined as unknown as ConstructorParameters<typeof TLSSocket>[0], given);
    const inner = innerOf(this);
    inner.connecting = false;
    inner._releaseControl();
    this.disableRenegotiation();
    const handle = inner._handle;
    if (!handle) return;
    // A break must reach the peer as a reset of TCP: to close would be an end that anyone on the way can forge.
    handle.reset = (done) => tcp.reset(done);
    if (options.isServer) return;
    if (options.serverName !== undefined) inner.setServername(options.serverName);
    if (options.session) handle.setSession(options.session);
    handle.onnewsession = (_, session) => {
      if (this.#keep) this.#keep(session);
      else this.#session = session;
    };
    handle.enableSessionCallbacks();
    inner._start();
  }

  /** Called by the constructor above this one: the handle that is there takes the place of a new one. */
  _wrapHandle(wrap: unknown, handle: unknown, writing: boolean): unknown {
    const { tcp } = innerOf(this)._tlsOptions;
    return innerOf(TLSSocket.prototype)._wrapHandle.call(this, wrap, handle ?? tcp, writing);
  }

  /** Bytes of the peer that were read before TLS began. */
  receive(bytes: Buffer): void {
    innerOf(this)._handle?.receive(bytes);
  }

  /** Client: gives each session the server offers, also one it has offered already. */
  keepSessions(keep: (session: Buffer) => void): void {
    this.#keep = keep;
    if (this.#session) keep(this.#session);
    this.#session = undefined;
  }

  /** Why OpenSSL does not trust the certificate the peer showed; undefined: it does. */
  get distrust(): string | undefined {
    const handle = innerOf(this)._handle;
    if (!handle) return "the connection is closed";
    // Behind a semicolon Node gives advice to whoever runs it.
    return handle.verifyError()?.message.split(";")[0];
  }
}
