import { createServer } from "node:http";
import { BlockList, isIP } from "node:net";
import { pageHandler } from "./handler.ts";
import type { PageRequest, Reply } from "./pages.ts";

export interface AdminPort {
  /** The one really bound. */
  readonly port: number;
  /** Lets answers under way end, within reason. */
  close(): Promise<void>;
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8);
loopback.addAddress("::1", "ipv6");

/** Serves pages on a port of their own; rejects when it cannot be bound. Bound to the world, they answer under any name. */
export async function openAdminPort(
  address: string,
  port: number,
  reply: (request: PageRequest) => Reply | Promise<Reply>,
): Promise<AdminPort> {
  const anyHost = !loopback.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  const server = createServer(pageHandler(reply, { anyHost }));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const bound = server.address();
  return {
    port: typeof bound === "object" && bound ? bound.port : port,
    async close() {
      const timer = setTimeout(() => server.closeAllConnections(), 1000);
      await new Promise<void>((resolve) => void server.close(() => resolve()));
      clearTimeout(timer);
    },
  };
}
