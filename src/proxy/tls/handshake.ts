import { nobody, WireSocket, type SocketUser } from "../net/socket.ts";
import type { HandleTlsSocket, TlsOptions } from "../net/tls-socket.ts";
import type { ClientTls, Towards } from "./client-tls.ts";
import type { TlsFacts } from "./facts.ts";
import { judge } from "./judgement.ts";
import type { Distrust } from "./peer-rules.ts";
import type { Asked, ServerTls } from "./server-tls.ts";
import type { TlsCounters } from "./counters.ts";

/** One of them is called, once. */
export interface Handshake {
  /** The connection is secure: from now on it is this one. */
  readonly done: (socket: WireSocket) => void;
  /** It is closed; the reason in Envoy's form, which begins with `TLS_error`. */
  readonly failed: (reason: string) => void;
}

/** Takes the server's part on a connection whose first bytes were read. The time it may take is the caller's affair. */
export function acceptTls(
  plain: WireSocket,
  first: Buffer | undefined,
  tls: ServerTls,
  asked: Asked,
  counters: TlsCounters,
  handshake: Handshake,
): WireSocket | undefined {
  const beginning = tls.begin(asked);
  if (!beginning || plain.closed || plain.ended) {
    counters.count("connection_error");
    plain.reset();
    handshake.failed(tlsError(beginning ? "CONNECTION_CLOSED" : "NO_SERVER_NAME"));
    return undefined;
  }
  const { options, rules } = beginning;
  const settle = (socket: HandleTlsSocket) => judge(socket, rules, tls.needsCertificate);
  return new Shaking(plain, first, options, settle, counters, handshake).socket;
}

/** Takes the client's part on a connection just made. */
export function connectTls(
  plain: WireSocket,
  tls: ClientTls,
  towards: Towards,
  counters: TlsCounters,
  handshake: Handshake,
): WireSocket | undefined {
  if (plain.closed || plain.ended) {
    plain.destroy();
    handshake.failed(tlsError("CONNECTION_CLOSED"));
    return undefined;
  }
  const { options, rules, session } = tls.begin(towards);
  const settle = (socket: HandleTlsSocket) => {
    const found = judge(socket, rules, rules !== undefined, session?.peer);
    if ("distrust" in found) return found;
    const distrust = found.peer && tls.checkName(found.peer, towards);
    return distrust ? { distrust } : found;
  };
  return new Shaking(plain, undefined, options, settle, counters, {
    ...handshake,
    done(socket, secured) {
      const peer = socket.tls?.peer;
      secured.keepSessions((bytes) => tls.remember({ bytes, peer }, towards));
      handshake.done(socket);
    },
  }).socket;
}

interface Settled extends Pick<Handshake, "failed"> {
  readonly done: (socket: WireSocket, tls: HandleTlsSocket) => void;
}

type Settle = (socket: HandleTlsSocket) => TlsFacts | { readonly distrust: Distrust };

/** A handshake under way: the user of its connection until it is over. */
class Shaking implements SocketUser {
  readonly socket: WireSocket;
  readonly #counters: TlsCounters;
  readonly #handshake: Settled;
  #reason: string | undefined;
  #over = false;

  constructor(
    plain: WireSocket,
    first: Buffer | undefined,
    options: TlsOptions,
    settle: Settle,
    counters: TlsCounters,
    handshake: Settled,
  ) {
    this.#counters = counters;
    this.#handshake = handshake;
    const { wire, tls } = WireSocket.secured(plain, options, this);
    this.socket = wire;
    tls.once("secure", () => this.#settle(tls, settle));
    if (first) tls.receive(first);
  }

  #settle(tls: HandleTlsSocket, settle: Settle): void {
    const found = settled(tls, settle);
    if ("distrust" in found) {
      this.#counters.count(found.distrust.counter);
      this.#reason = tlsError(found.distrust.reason);
      return this.socket.destroy();
    }
    this.#over = true;
    this.#counters.count("handshake");
    if (tls.isSessionReused()) this.#counters.count("session_reused");
    if (!found.peer) this.#counters.count("no_certificate");
    this.socket.tls = found;
    this.socket.user = nobody;
    this.#handshake.done(this.socket, tls);
  }

  bytes(): void {
    // None are given before the handshake is over.
  }

  ended(): void {
    this.socket.destroy();
  }

  closed(): void {
    if (this.#over) return;
    this.#over = true;
    const { error } = this.socket;
    if (this.#reason === undefined) this.#counters.count(countedAs(error));
    this.#handshake.failed(this.#reason ?? tlsError(reasonOf(error)));
  }

  drained(): void {
    // Nothing was written.
  }
}

/** A certificate that OpenSSL takes may still be one that cannot be read: its owner is not let in. */
function settled(tls: HandleTlsSocket, settle: Settle): ReturnType<Settle> {
  try {
    return settle(tls);
  } catch {
    return { distrust: unreadable };
  }
}

const unreadable: Distrust = {
  counter: "fail_verify_error",
  reason: "CERTIFICATE_VERIFY_FAILED:malformed certificate",
};

const tlsError = (reason: string) => `TLS_error:|${reason}:TLS_error_end`;

/** OpenSSL's reason, in the form of Envoy's: capitals, words joined. */
function reasonOf(error: (Error & { readonly reason?: unknown }) | undefined): string {
  if (typeof error?.reason === "string") return error.reason.toUpperCase().replace(/[^A-Z0-9]+/g, "_");
  return error && "code" in error && typeof error.code === "string" ? error.code : "CONNECTION_CLOSED";
}

function countedAs(
  error: (Error & { readonly reason?: unknown }) | undefined,
): "fail_verify_no_cert" | "connection_error" {
  return error?.reason === "peer did not return a certificate" ? "fail_verify_no_cert" : "connection_error";
}
