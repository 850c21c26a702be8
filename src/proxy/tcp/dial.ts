import { securing } from "../http/securing.ts";
import type { Surroundings } from "../http/surroundings.ts";
import type { Connecting } from "../net/connector.ts";
import type { SocketUser } from "../net/socket.ts";
import type { Choice } from "./choice.ts";

/**
 * Connects to the endpoint that was chosen, counted against its cluster's limits until what it returns is called, once or
 * more often.
 */
export function dial(
  { cluster, endpoint, header }: Choice,
  surroundings: Surroundings,
  user: SocketUser,
  connecting: Connecting,
): () => void {
  cluster.load.connections += 1;
  endpoint.active += 1;
  let counted = true;
  const { address, port } = endpoint;
  const secure = securing(cluster, endpoint, { alpn: [] }, surroundings);
  surroundings.connector.connect(
    { address, port, timeout: cluster.connectTimeout, keepAlive: cluster.keepAlive, secure, header },
    user,
    connecting,
  );
  return () => {
    if (!counted) return;
    counted = false;
    cluster.load.connections -= 1;
    endpoint.active -= 1;
  };
}
