import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { lenientOrigin } from "./lenient-origin.ts";
import { pythonServer } from "./python-server.ts";

/**
 * A server behind the proxy that tells what it took for requests: to whom asked, and in `x-answers` to each client
 * (percent-encoded), with the body `ok`.
 */
export interface Origin {
  readonly port: number;
  /** Requests since the last call: `METHOD target`, then a space and the body where there is one. */
  take(): Promise<{ readonly requests: readonly string[]; readonly bytes?: string }>;
  close(): Promise<void>;
}

/** Servers that read requests in different ways, two of them not ours. */
export const origins: Readonly<Record<string, () => Promise<Origin>>> = {
  "a lenient origin that prefers Content-Length": () => lenientOrigin("content-length"),
  "a lenient origin that prefers Transfer-Encoding": () => lenientOrigin("transfer-encoding"),
  "node:http with its lenient parser": nodeOrigin,
  "http.server of Python": pythonOrigin,
};

async function nodeOrigin(): Promise<Origin> {
  let seen: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const whole = `${request.method} ${request.url} ${await text(request)}`.trim();
    seen.push(whole);
    response.writeHead(200, { "x-answers": encodeURIComponent(whole), "content-length": 2 });
    response.end(request.method === "HEAD" ? "" : "ok");
  };
  const server = createServer({ insecureHTTPParser: true, requireHostHeader: false }, (request, response) => {
    // A body that breaks off is no request.
    answer(request, response).catch(() => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    take: () => {
      const requests = seen;
      seen = [];
      return Promise.resolve({ requests });
    },
    close: () => {
      server.closeAllConnections();
      server.close();
      return Promise.resolve();
    },
  };
}

/** Whether there is a Python to run. */
export async function hasPython(): Promise<boolean> {
  const child = spawn("python3", ["-c", "import http.server"], { stdio: "ignore" });
  return new Promise((resolve) => {
    child.on("error", () => resolve(false));
    child.on("exit", (code) => resolve(code === 0));
  });
}

async function pythonOrigin(): Promise<Origin> {
  const child = spawn("python3", ["-u", "-c", pythonServer], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value ?? "";
  const port = Number(await next());
  return {
    port,
    take: async () => {
      child.stdin.write("take\n");
      const requests: unknown = JSON.parse(await next());
      return { requests: Array.isArray(requests) ? requests.map(String) : [] };
    },
    close: async () => {
      // It ends with its input.
      child.stdin.end();
      await once(child, "exit");
    },
  };
}
