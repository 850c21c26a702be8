import type { Server } from "node:http";
import { type Service, serverOf } from "./service.ts";

/** A service that takes requests at `url`. */
export interface Running {
  readonly url: string;
  readonly server: Server;
}

/** Starts a service; port 0 is any free one. Rejects if the address cannot be had. */
export function start(
  service: Service,
  { host, port, log }: { readonly host: string; readonly port: number; readonly log?: (line: string) => void },
): Promise<Running> {
  const server = serverOf(service, log);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      const address = server.address();
      const bound = typeof address === "object" && address !== null ? address.port : port;
      resolve({ url: `http://${host}:${bound}`, server });
    });
  });
}

/**
 * Runs the service on `HOST` and `PORT` (0.0.0.0 and 9080 if not set) until SIGTERM or SIGINT;
 * requests under way are then finished first.
 */
export async function serve(service: Service): Promise<void> {
  const { HOST: host = "0.0.0.0", PORT: port = "9080" } = process.env;
  const { url, server } = await start(service, { host, port: Number(port), log: console.log });
  console.log(`${service.name} listens on ${url}`);
  const stop = () => server.close(() => process.exit(0));
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}
