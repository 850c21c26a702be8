import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

/** What a service says to a request. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** `id` is the last piece of the path, decoded; empty where the route has none. */
export type Handler = (request: IncomingMessage, id: string) => Answer | Promise<Answer>;

/** Handlers by method and path, such as `GET /ratings/{id}`; `{id}` stands for one piece of a path. */
export type Routes = Readonly<Record<string, Handler>>;

export interface Service {
  readonly name: string;
  readonly routes: Routes;
}

export function json(status: number, value: unknown): Answer {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

/** A failure the asker may know of: it becomes an answer with this status. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** A server for the service, not yet listening. Once it is closed, every answer ends its connection. */
export function serverOf(service: Service, log: (line: string) => void = () => {}): Server {
  const server = createServer((request, response) => void handle(request, response));
  // Longer than the idle limits of clients and proxies, so that it is they who let go of a connection.
  server.keepAliveTimeout = 65_000;
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const start = performance.now();
    const answer = await answerOf(service, request, log);
    send(response, answer, server.listening);
    const path = pathOf(request);
    if (path !== "/health")
      log(`${request.method} ${path} ${answer.status} ${Math.round(performance.now() - start)} ms`);
  };
  return server;
}

function send(response: ServerResponse, { status, headers, body }: Answer, keepAlive: boolean): void {
  response.writeHead(status, {
    ...headers,
    "x-powered-by": "Bookinfo",
    "content-length": Buffer.byteLength(body),
    ...(keepAlive ? {} : { connection: "close" }),
  });
  response.end(body);
}

async function answerOf(service: Service, request: IncomingMessage, log: (line: string) => void): Promise<Answer> {
  try {
    const { handler, id } = routeOf(service.routes, request);
    return await handler(request, id);
  } catch (error) {
    if (error instanceof Refusal) return json(error.status, { error: error.message });
    log(`${service.name} failed: ${error instanceof Error ? error.stack : String(error)}`);
    return json(500, { error: "internal error" });
  }
}

function routeOf(routes: Routes, request: IncomingMessage): { readonly handler: Handler; readonly id: string } {
  const path = pathOf(request);
  const method = request.method === "HEAD" ? "GET" : request.method;
  let known = false;
  for (const [route, handler] of Object.entries(routes)) {
    const [routeMethod, pattern = ""] = route.split(" ");
    const id = idIn(path, pattern);
    if (id === undefined) continue;
    if (routeMethod === method) return { handler, id };
    known = true;
  }
  throw known ? new Refusal(405, "method not allowed") : new Refusal(404, "not found");
}

/** A product's number, as all services but the page want it. */
export function numberOf(id: string): number {
  if (!/^\d{1,9}$/.test(id)) throw new Refusal(400, "please provide numeric product ID");
  return Number(id);
}

/** The piece of the path that stands for `{id}`, empty if the pattern has none; undefined if they do not fit. */
function idIn(path: string, pattern: string): string | undefined {
  const [before = "", after] = pattern.split("{id}");
  if (after === undefined) return path === pattern ? "" : undefined;
  if (!path.startsWith(before) || !path.endsWith(after)) return undefined;
  const id = path.slice(before.length, path.length - after.length);
  if (id === "" || id.includes("/")) return undefined;
  try {
    return decodeURIComponent(id);
  } catch {
    throw new Refusal(400, "the path is not properly encoded");
  }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?", 1)[0] ?? "/";
}
