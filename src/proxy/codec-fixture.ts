import { createServer as createServer1, request as request1, Agent, type IncomingHttpHeaders } from "node:http";
import { connect as connect2, createServer as createServer2, type ClientHttp2Session } from "node:http2";
import type { AddressInfo, Server } from "node:net";
import type { Readable, Writable } from "node:stream";
import { filterTypes, type Cluster, type HttpConnectionManager, type Route } from "../xds/index.ts";
import { cluster, httpListener, nodeOf, resources, TestProxy, toCluster } from "./fixture.ts";

/** Clients and endpoints of other people, in both versions of HTTP, around one proxy. */

export type Version = "HTTP/1.1" | "HTTP/2";
export const versions: readonly Version[] = ["HTTP/1.1", "HTTP/2"];

/** What both of Node's servers hand to a handler. */
export interface Asked extends Readable {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: Readonly<Record<string, unknown>>;
  readonly httpVersion: string;
}
export interface Answering extends Writable {
  statusCode: number;
  setHeader(name: string, value: string | number | readonly string[]): unknown;
  writeHead(status: number, headers?: Record<string, string>): Writable;
  addTrailers(trailers: Record<string, string>): void;
  writeEarlyHints(hints: Record<string, string>): void;
  writeContinue(): void;
}
export type Handler = (asked: Asked, answering: Answering) => void;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
  readonly trailers: Readonly<Record<string, string | undefined>>;
  readonly interim: readonly number[];
}

export interface Question {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  /** Given piece by piece; undefined: no body. */
  readonly body?: readonly (Buffer | string)[];
  readonly trailers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

/** Endpoints of a cluster speak HTTP/2. */
export const http2Options: Partial<Cluster> = {
  typed_extension_protocol_options: {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
      "@type": filterTypes.httpProtocolOptions,
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};

/** A proxy between a client of one version and an endpoint of another. */
export class Between {
  readonly proxy = new TestProxy();
  readonly node = nodeOf("gateway");
  readonly client: Version;
  readonly endpoint: Version;
  handler: Handler = (_, answering) => answering.end();
  port = 0;
  endpointPort = 0;
  #origin: Server | undefined;
  #session: ClientHttp2Session | undefined;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(client: Version, endpoint: Version) {
    this.client = client;
    this.endpoint = endpoint;
  }

  async open(): Promise<void> {
    const handle = (asked: Asked, answering: Answering) => this.handler(asked, answering);
    const server: Server =
      this.endpoint === "HTTP/2"
        ? createServer2({ settings: { enableConnectProtocol: true } }, handle)
        : createServer1({ keepAliveTimeout: 60_000 }, handle);
    server.on("checkContinue", (asked: Asked, answering: Answering) => {
      answering.writeContinue();
      handle(asked, answering);
    });
    this.#origin = server;
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    this.endpointPort = (server.address() as AddressInfo).port;
    this.proxy.host([{ node: this.node }]);
    this.port = await this.proxy.gateway(this.node.id, 80);
    await this.route();
  }

  /** Again with other rules. */
  async route(
    action: Partial<NonNullable<Route["route"]>> = {},
    more: Partial<HttpConnectionManager> = {},
  ): Promise<void> {
    await this.proxy.configure({
      [this.node.id]: resources({
        listeners: [httpListener(80, [toCluster("origin", action)], more)],
        clusters: [
          cluster("origin", [`127.0.0.1:${this.endpointPort}`], this.endpoint === "HTTP/2" ? http2Options : {}),
        ],
      }),
    });
  }

  get session(): ClientHttp2Session {
    if (!this.#session || this.#session.destroyed || this.#session.closed) {
      this.#session = connect2(`http://127.0.0.1:${this.port}`);
      this.#session.on("error", () => undefined);
    }
    return this.#session;
  }

  ask(question: Question = {}): Promise<Answer> {
    return this.client === "HTTP/2" ? this.#ask2(question) : this.#ask1(question);
  }

  #ask1({ method = "GET", path = "/", headers = {}, body, trailers, signal }: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const interim: number[] = [];
      const chunked = trailers ? { trailer: Object.keys(trailers).join(", ") } : {};
      const request = request1({
        host: "127.0.0.1",
        port: this.port,
        method,
        path,
        agent: this.#agent,
        headers: { host: "shop.example", ...chunked, ...headers },
      });
      // An end could mean that the client still waits for its answer; a reset cannot.
      signal?.addEventListener("abort", () => request.socket?.resetAndDestroy());
      request.on("information", ({ statusCode }) => void interim.push(statusCode));
      request.on("error", reject);
      request.on("response", (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => void pieces.push(piece));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(pieces),
            trailers: response.trailers,
            interim,
          }),
        );
      });
      if (trailers) request.addTrailers(trailers);
      for (const piece of body ?? []) request.write(piece);
      request.end();
    });
  }

  #ask2({ method = "GET", path = "/", headers = {}, body, trailers, signal }: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const stream = this.session.request(
        { ":method": method, ":path": path, ":authority": "shop.example", ...headers },
        {
          endStream: body === undefined && !trailers,
          waitForTrailers: trailers !== undefined,
          ...(signal ? { signal } : {}),
        },
      );
      const interim: number[] = [];
      const pieces: Buffer[] = [];
      let head: { readonly [name: string]: string | string[] | number | undefined } = {};
      let last = {};
      stream.on("headers", (fields) => void interim.push(Number(fields[":status"])));
      stream.on("response", (fields) => void (head = fields));
      stream.on("trailers", (fields) => void (last = { ...fields }));
      stream.on("data", (piece: Buffer) => void pieces.push(piece));
      stream.on("wantTrailers", () => stream.sendTrailers(trailers ?? {}));
      stream.on("error", reject);
      stream.on("aborted", () => reject(new Error("aborted")));
      stream.on("end", () => {
        const fields = Object.entries(head).map(([name, value]) => [
          name,
          typeof value === "number" ? String(value) : value,
        ]);
        const { [":status"]: status, ...rest } = Object.fromEntries(fields) as Record<string, string | undefined>;
        resolve({ status: Number(status), headers: rest, body: Buffer.concat(pieces), trailers: last, interim });
      });
      if (body === undefined && !trailers) return;
      for (const piece of body ?? []) stream.write(piece);
      stream.end();
    });
  }

  /** Asks for something and never reads the answer's body; returns how to give up. */
  startReading(): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (this.client === "HTTP/2") {
        const stream = this.session.request({ ":path": "/", ":authority": "shop.example" });
        stream.on("error", () => undefined);
        stream.on("response", () => resolve(() => stream.destroy()));
        return;
      }
      const request = request1({ host: "127.0.0.1", port: this.port, headers: { host: "shop.example" } });
      request.on("error", reject);
      request.on("response", (response) => {
        response.on("error", () => undefined);
        resolve(() => void response.destroy());
      });
      request.end();
    });
  }

  async close(): Promise<void> {
    this.#session?.destroy();
    this.#agent.destroy();
    await this.proxy.close();
    this.#origin?.close();
  }
}

/** All of a body. */
export async function bodyOf(asked: Asked): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of asked) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
