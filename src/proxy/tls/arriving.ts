import { Timeout } from "../http/timeout.ts";
import type { WireSocket } from "../net/socket.ts";
import type { Ticker } from "../net/ticker.ts";
import type { TlsCounters } from "./counters.ts";
import { acceptTls } from "./handshake.ts";
import type { Asked, ServerTls } from "./server-tls.ts";

/** A client's connection that is to become secure. */
export interface Arriving {
  readonly socket: WireSocket;
  /** Bytes read already. */
  readonly first: Buffer | undefined;
  readonly asked: Asked | undefined;
  readonly tls: ServerTls;
  /** Milliseconds. */
  readonly timeout: number;
  readonly counters: TlsCounters;
}

const nothing: Asked = { serverName: undefined, alpn: [] };

/**
 * Shakes hands with a client, for as long as it may take. Gives the connection as it is from now on; undefined: it is closed.
 * `done` is called when it can be used; of one that fails nothing more is heard.
 */
export function secureArriving(
  { socket: plain, first, asked, tls, timeout, counters }: Arriving,
  ticker: Ticker,
  done: (socket: WireSocket) => void,
): WireSocket | undefined {
  let socket: WireSocket | undefined;
  const limit = new Timeout(ticker, () => socket?.destroy());
  socket = acceptTls(plain, first, tls, asked ?? nothing, counters, {
    done(secured) {
      limit.clear();
      done(secured);
    },
    failed: () => limit.clear(),
  });
  // Its end is told later, also where the first bytes have broken it already.
  if (socket) limit.set(timeout);
  return socket;
}
