import { createServer, type Server } from "node:net";
import { codeOf, Fault } from "../base/index.ts";

/** A listening socket on 127.0.0.1 that nobody accepts from yet: it goes to another process. */
export async function listenOn(port: number): Promise<Server> {
  // Whoever comes before the socket is handed over finds nobody at home rather than silence.
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port, backlog: 1024 }, resolve);
  });
  server.removeAllListeners("error");
  return server;
}

/** Port `port`, or a Fault that says which option moves it. */
export async function listenExactly(port: number, option: string): Promise<Server> {
  try {
    return await listenOn(port);
  } catch (error) {
    throw portFault(error, port, option);
  }
}

/** `port`, or the next free one above it (above 1023), at most 100 further. */
export async function listenNear(port: number): Promise<Server> {
  const first = port < 1024 && process.getuid?.() !== 0 ? port + 8000 : port;
  for (let offset = 0; offset < 100; offset++) {
    try {
      return await listenOn(first + offset);
    } catch (error) {
      if (codeOf(error) !== "EADDRINUSE" && codeOf(error) !== "EACCES") throw error;
    }
  }
  throw new Fault("port-taken", `no free port from ${first} to ${first + 99} on 127.0.0.1`);
}

export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a server without a port");
  return address.port;
}

function portFault(error: unknown, port: number, option: string): Fault {
  const why =
    codeOf(error) === "EADDRINUSE"
      ? "is taken by another program"
      : codeOf(error) === "EACCES"
        ? "is not yours to use (below 1024)"
        : `cannot be used (${error instanceof Error ? error.message : String(error)})`;
  return new Fault("port-taken", `port ${port} of 127.0.0.1 ${why}`, {
    remedy: `stop that program, or choose another port with ${option}`,
    cause: error,
  });
}
