import { createServer } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { codeOf, Fault, type Log, silentLog } from "../../base/index.ts";
import { sameSecret } from "../../identity/index.ts";
import { ApiFault } from "../../store/index.ts";
import type { Api } from "../api.ts";
import { apiFaultOf } from "../faults.ts";
import { type Call, send, sendFault, sendJson, warningHeader } from "./answer.ts";
import { aggregated, aggregatedType, legacy } from "./discovery.ts";
import type { LogProvider } from "./logs.ts";
import { serveObjects } from "./objects.ts";
import { OpenApi, openApiV2 } from "./openapi.ts";
import { isReview, serveReview } from "./reviews.ts";
import { targetOf } from "./target.ts";

export interface ServeOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
  /** PEM. */
  readonly tls: { readonly certificate: string; readonly key: string };
  /** What `Authorization: Bearer` must say. */
  readonly token: string;
  readonly logs?: LogProvider;
  /** Further pages behind the token, by path: what they answer to a GET, as JSON. */
  readonly pages?: Readonly<Record<string, () => Promise<unknown>>>;
  readonly log?: Log;
}

export interface ApiServer {
  readonly port: number;
  /** `https://127.0.0.1:16443` */
  readonly url: string;
  /** Ends watches and connections too. */
  close(): Promise<void>;
}

const version = {
  major: "1",
  minor: "34",
  gitVersion: "v1.34.0+weft",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "none",
  compiler: "none",
  platform: `${process.platform}/${process.arch}`,
};

/** Serves the API over HTTPS. A Fault `port-taken` or `listen-failed` says why it cannot listen. */
export async function serveApi(api: Api, options: ServeOptions): Promise<ApiServer> {
  const { host = "127.0.0.1", port, tls, log = silentLog } = options;
  const openApi = new OpenApi(api.kinds, api.rules);
  const server = createServer(
    {
      cert: tls.certificate,
      key: tls.key,
      minVersion: "TLSv1.2",
      keepAliveTimeout: 120_000,
      headersTimeout: 20_000,
      requestTimeout: 60_000,
      maxHeaderSize: 64 * 1024,
    },
    (request, response) => void answer(request, response),
  );
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    try {
      await route(api, openApi, options, callOf(request, response));
    } catch (error) {
      const fault = apiFaultOf(error);
      if (fault.status >= 500)
        log.error("a request failed", { method: request.method, path: request.url, error: fault.message });
      sendFault(response, fault);
    }
  };
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listenFault(error, host, port)));
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    port: address.port,
    url: `https://${host.includes(":") ? `[${host}]` : host}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function callOf(request: IncomingMessage, response: ServerResponse): Call {
  const url = request.url ?? "/";
  const cut = url.indexOf("?");
  const path = cut < 0 ? url : url.slice(0, cut);
  const warn = (text: string) => {
    if (!response.headersSent) response.appendHeader("warning", warningHeader(text));
  };
  return { request, response, path, query: new URLSearchParams(cut < 0 ? "" : url.slice(cut + 1)), warn };
}

async function route(api: Api, openApi: OpenApi, options: ServeOptions, call: Call): Promise<void> {
  const { request, response, path } = call;
  if (path === "/healthz" || path === "/readyz" || path === "/livez") return send(response, 200, "text/plain", "ok");
  if (!isAuthenticated(request, options.token)) throw new ApiFault(401, "Unauthorized", "Unauthorized");
  if (path === "/version" || path === "/version/") return sendJson(response, 200, version);
  const trimmed = path.replace(/\/$/, "");
  if (trimmed === "/api" || trimmed === "/apis") {
    response.setHeader("vary", "Accept");
    const wanted = aggregatedType(request.headers.accept);
    if (wanted) {
      const document = aggregated(api.kinds, trimmed === "/api" ? "api" : "apis", wanted.version);
      return sendJson(response, 200, document, wanted.type);
    }
  }
  if (trimmed === "/openapi/v3") return sendJson(response, 200, openApi.index());
  if (path.startsWith("/openapi/v3/")) {
    const document = openApi.document(path.slice("/openapi/v3/".length));
    if (document !== undefined) return send(response, 200, "application/json", document);
  }
  if (trimmed === "/openapi/v2") {
    const type = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
    return send(response, 200, type, openApiV2);
  }
  const page = Object.hasOwn(options.pages ?? {}, path) ? options.pages?.[path] : undefined;
  if (page) return sendJson(response, 200, await page());
  if (isReview(path)) return serveReview(call);
  const target = targetOf(api.kinds, path);
  if (target) return serveObjects(api, options.logs, call, target);
  const list = legacy(api.kinds, path);
  if (list) return sendJson(response, 200, list);
  send(response, 404, "text/plain; charset=utf-8", "404 page not found\n");
}

function isAuthenticated({ headers }: IncomingMessage, token: string): boolean {
  const match = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "");
  return match?.[1] !== undefined && sameSecret(match[1], token);
}

function listenFault(error: unknown, host: string, port: number): Fault {
  const message = error instanceof Error ? error.message : String(error);
  if (codeOf(error) === "EADDRINUSE") {
    return new Fault("port-taken", `the API cannot listen on ${host}:${port}: another program does`, {
      remedy: "stop it, or give another port with --api-port",
      cause: error,
    });
  }
  return new Fault("listen-failed", `the API cannot listen on ${host}:${port}: ${message}`, { cause: error });
}
