import type { IncomingMessage, ServerResponse } from "node:http";
import { type AdminOptions, metricsPageOf, pageOf, type PageRequest, type Reply } from "./pages.ts";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** The admin pages (port 15000). */
export function adminHandler(options: AdminOptions): Handler {
  return pageHandler((request) => pageOf(request, options));
}

/** The scrape page alone (port 15090). */
export function metricsHandler(options: AdminOptions): Handler {
  return pageHandler((request) => metricsPageOf(request, options));
}

/** Serves pages to programs; `anyHost`: by whatever name they call this machine. */
export function pageHandler(
  reply: (request: PageRequest) => Reply | Promise<Reply>,
  { anyHost = false }: { readonly anyHost?: boolean } = {},
): Handler {
  return (request, response) => {
    // A body is never of interest, but must be read for the connection to go on.
    request.resume();
    if (isForeign(request, anyHost)) {
      return send(request, response, { status: 403, body: "only programs of this machine are served here\n" });
    }
    const { method = "GET", url: target = "/" } = request;
    void Promise.resolve(reply({ method, target, accept: request.headers.accept }))
      .catch((error: unknown): Reply => ({
        status: 503,
        body: `${error instanceof Error ? error.message : String(error)}\n`,
      }))
      .then((page) => send(request, response, page));
  };
}

const loopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\]|host\.weft\.internal)(?::\d+)?$/i;

/** A web page in the user's browser may send requests here too: by its own origin, or by a name it made lead here. */
function isForeign({ headers }: IncomingMessage, anyHost: boolean): boolean {
  const { host = "", origin } = headers;
  return !(anyHost || loopback.test(host)) || (origin !== undefined && origin !== `http://${host}`);
}

function send(request: IncomingMessage, response: ServerResponse, { status = 200, type, body }: Reply): void {
  response.writeHead(status, {
    "content-type": type ?? "text/plain; charset=UTF-8",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-cache, max-age=0",
    "x-content-type-options": "nosniff",
  });
  response.end(request.method === "HEAD" ? undefined : body);
}
