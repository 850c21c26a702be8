import { lookup } from "node:dns/promises";
import { connect, isIP, type Socket } from "node:net";

/** The name by which pods reach the user's own machine, and the address the mesh gives it. */
export const hostName = "host.weft.internal";
export const hostAddress = "10.96.0.2";

/**
 * Connects to the world outside the node's namespace. The socket comes back paused and unread,
 * so that it can be handed to another process without losing a byte.
 */
export function connectOutside(host: string, port: number, timeout: number): Promise<Socket> {
  const target = host === hostAddress || host === hostName ? "127.0.0.1" : host;
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
  try {
    const found = await lookup(name, { all: true, family });
    return found.map((entry) => entry.address);
  } catch {
    return [];
  }
}
