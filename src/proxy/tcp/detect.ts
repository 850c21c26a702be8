import { hasWholeHello, serverNameOf, sniff } from "../../wire/index.ts";
import type { ConnectionFacts } from "../config/contract.ts";
import type { SocketUser, WireSocket } from "../net/socket.ts";

/** What the first bytes of a connection showed. */
export interface Seen {
  readonly protocol: ConnectionFacts["protocol"];
  readonly serverName: string | undefined;
}

interface Detected extends Seen {
  readonly first: Buffer | undefined;
}

const mostBytes = 16_384;
/** Where configuration knows no limit there is one all the same: a client that waits for its server must not wait for ever. */
const shortWait = 300;

/** Waits for enough of a connection's first bytes to know its protocol, at most `timeout` milliseconds (0: a short while). */
export function detect(
  socket: WireSocket,
  timeout: number,
  known: Buffer | undefined,
  found: (detected: Detected) => void,
): void {
  let bytes = known ?? Buffer.alloc(0);
  const finish = (protocol: ConnectionFacts["protocol"], serverName?: string) => {
    clearTimeout(timer);
    found({ protocol, serverName, first: bytes.length > 0 ? bytes : undefined });
  };
  const look = (): boolean => {
    const seen = sniff(bytes);
    if (seen === undefined && bytes.length < mostBytes) return false;
    if (seen === "tls") {
      if (!hasWholeHello(bytes) && bytes.length < mostBytes) return false;
      finish("tls", serverNameOf(bytes));
    } else finish(seen === "http/1.1" || seen === "h2c" ? seen : "unknown");
    return true;
  };
  const timer = setTimeout(() => finish("unknown"), timeout || shortWait);
  if (bytes.length > 0 && look()) return;
  const user: SocketUser = {
    bytes(buffer, start, end) {
      bytes = Buffer.concat([bytes, buffer.subarray(start, end)]);
      look();
    },
    ended: () => finish("unknown"),
    closed: () => clearTimeout(timer),
    drained: () => undefined,
  };
  socket.user = user;
}
