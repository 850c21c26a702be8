import { createServer } from "node:http";
import type { Server } from "node:net";
import type { Handler } from "./handler.ts";

/** Answers what connects to `server`. */
export function serveHttp(server: Server, handler: Handler): void {
  const http = createServer(handler);
  server.on("connection", (socket) => http.emit("connection", socket));
}
