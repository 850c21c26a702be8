import { lookup } from "node:dns/promises";
import { BlockList, connect, isIP, type Socket } from "node:net";

/** The name by which pods reach the user's own machine, and the address the mesh gives it. */
export const hostName = "host.weft.internal";
export const hostAddress = "10.96.0.2";

/** Addresses of the mesh and of this machine: what is not answered inside must not reach something else outside. */
const inside = new BlockList();
for (const [net, prefix] of [
  ["10.96.0.0", 16],
  ["10.244.0.0", 15],
  ["240.240.0.0", 16],
  ["127.0.0.0", 8],
] as const) {
  inside.addSubnet(net, prefix);
}

/**
 * Connects to the world outside the node's namespace. The socket comes back paused and unread,
 * so that it can be handed to another process without losing a byte.
 */
export function connectOutside(host: string, port: number, timeout: number): Promise<Socket> {
  const target = host === hostAddress || host === hostName ? "127.0.0.1" : host;
  if (isIP(target) === 4 && target !== "127.0.0.1" && inside.check(target)) {
    return Promise.reject(new Error(`nobody in the mesh has the address ${target}`));
  }
  return new Promise((resolve, reject) => {
    const socket = connect({ host: target, port, noDelay: true, autoSelectFamily: false });
    socket.pause();
    const timer = setTimeout(() => fail(new Error(`no connection to ${host}:${port} in ${timeout} ms`)), timeout);
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    socket.once("error", fail);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", fail);
      resolve(socket);
    });
  });
}

/** Addresses of a name the mesh does not know, by the machine's own resolver; empty when there are none. */
export async function resolveOutside(name: string, family: 0 | 4 | 6): Promise<string[]> {
  if (isIP(name)) return [name];
  if (name === hostName) return family === 6 ? [] : [hostAddress];
  try {
    const found = await lookup(name, { all: true, family });
    return found.map((entry) => entry.address);
  } catch {
    return [];
  }
}
