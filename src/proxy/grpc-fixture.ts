import type { Server as TcpServer } from "node:net";
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type CallOptions,
  type handleUnaryCall,
  type MethodDefinition,
  type Server as GrpcServer,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerWritableStream,
  type ServiceError,
  type StatusObject,
} from "@grpc/grpc-js";
import { filterTypes, type Cluster, type HttpConnectionManager, type Route } from "../xds/index.ts";
import { cluster, httpListener, listen, nodeOf, portOf, resources, TestProxy, toCluster } from "./fixture.ts";

/** Other people's gRPC on both sides of a proxy; messages are bytes, so no schema is needed. */

const same = (message: Buffer) => message;
const method = (name: string, requestStream: boolean, responseStream: boolean): MethodDefinition<Buffer, Buffer> => ({
  path: `/test.Echo/${name}`,
  requestStream,
  responseStream,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
});
const service = {
  unary: method("Unary", false, false),
  clientStream: method("ClientStream", true, false),
  serverStream: method("ServerStream", false, true),
  bidi: method("Bidi", true, true),
};

/** What the server does with each kind of call. */
export interface Calls {
  unary: handleUnaryCall<Buffer, Buffer>;
  clientStream: (
    call: ServerReadableStream<Buffer, Buffer>,
    answer: Parameters<handleUnaryCall<Buffer, Buffer>>[1],
  ) => void;
  serverStream: (call: ServerWritableStream<Buffer, Buffer>) => void;
  bidi: (call: ServerDuplexStream<Buffer, Buffer>) => void;
}

const echo: Calls = {
  unary: (call, answer) => answer(null, call.request),
  clientStream: (call, answer) => {
    const pieces: Buffer[] = [];
    call.on("data", (piece: Buffer) => void pieces.push(piece));
    call.on("end", () => answer(null, Buffer.concat(pieces)));
  },
  serverStream: (call) => {
    for (const byte of call.request) call.write(Buffer.from([byte]));
    call.end();
  },
  bidi: (call) => {
    call.on("data", (piece: Buffer) => void call.write(piece));
    call.on("end", () => call.end());
  },
};

/** How a call ended, and what came of it. */
export interface Ended {
  readonly code: number;
  readonly details: string;
  readonly trailers: Metadata;
  readonly head: Metadata | undefined;
  readonly messages: readonly Buffer[];
}

export interface Asked {
  readonly path?: string;
  readonly metadata?: Readonly<Record<string, string | Buffer>>;
  readonly options?: CallOptions;
  readonly messages?: readonly Buffer[];
}

const options = {
  "grpc.enable_retries": 0,
  "grpc.max_receive_message_length": -1,
  "grpc.initial_reconnect_backoff_ms": 20,
  "grpc.use_local_subchannel_pool": 1,
};

/** Endpoints of a cluster speak HTTP/2. */
const http2Endpoints: Partial<Cluster> = {
  typed_extension_protocol_options: {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
      "@type": filterTypes.httpProtocolOptions,
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};

/** A gateway between a client and a server of gRPC. */
export class GrpcBetween {
  readonly proxy = new TestProxy();
  readonly node = nodeOf("gateway");
  calls: Calls = { ...echo };
  port = 0;
  serverPort = 0;
  #server: GrpcServer | undefined;
  /** Takes connections and says nothing. */
  #silent: TcpServer | undefined;
  #client: Client | undefined;

  async open(): Promise<void> {
    await this.startServer();
    this.#silent = await listen((socket) => void socket.on("end", () => socket.end()).resume());
    this.proxy.host([{ node: this.node }]);
    this.port = await this.proxy.gateway(this.node.id, 80);
    await this.route();
  }

  /** A server, again where there was one. */
  async startServer(): Promise<void> {
    const server = new Server(options);
    const calls: Calls = {
      unary: (call, answer) => this.calls.unary(call, answer),
      clientStream: (call, answer) => this.calls.clientStream(call, answer),
      serverStream: (call) => this.calls.serverStream(call),
      bidi: (call) => this.calls.bidi(call),
    };
    server.addService(service, { ...calls });
    this.serverPort = await new Promise<number>((resolve, reject) =>
      server.bindAsync(`127.0.0.1:${this.serverPort}`, ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      ),
    );
    this.#server = server;
  }

  /** Breaks every connection of the server and frees its port. */
  killServer(): void {
    this.#server?.forceShutdown();
  }

  /** The rules for everything: a route to the server, or these. */
  async route(
    action: Partial<NonNullable<Route["route"]>> | readonly Route[] = {},
    more: Partial<HttpConnectionManager> = {},
    clusters: readonly Cluster[] = [],
  ): Promise<void> {
    this.calls = { ...echo };
    const routes = "length" in action ? action : [toCluster("origin", action)];
    await this.proxy.configure({
      [this.node.id]: resources({
        listeners: [httpListener(80, routes, more)],
        clusters: [
          cluster("origin", [`127.0.0.1:${this.serverPort}`], http2Endpoints),
          cluster("empty", []),
          cluster("refused", ["127.0.0.1:1"]),
          cluster("silent", [`127.0.0.1:${this.#silent ? portOf(this.#silent) : 0}`], http2Endpoints),
          ...clusters,
        ],
      }),
    });
  }

  get client(): Client {
    this.#client ??= new Client(`127.0.0.1:${this.port}`, credentials.createInsecure(), options);
    return this.#client;
  }

  unary(asked: Asked = {}): Promise<Ended> {
    return new Promise((resolve) => {
      let head: Metadata | undefined;
      let status: StatusObject | undefined;
      const { message, metadata, options, path } = given(asked, "Unary");
      const call = this.client.makeUnaryRequest(path, same, same, message, metadata, options, (error, value) =>
        // The status comes in the same turn.
        queueMicrotask(() => resolve(ended(error, status, head, value ? [value] : []))),
      );
      call.on("metadata", (fields) => void (head = fields));
      call.on("status", (all) => void (status = all));
    });
  }

  clientStream(asked: Asked = {}): Promise<Ended> {
    return new Promise((resolve) => {
      let head: Metadata | undefined;
      let status: StatusObject | undefined;
      const { metadata, options, path } = given(asked, "ClientStream");
      const call = this.client.makeClientStreamRequest(path, same, same, metadata, options, (error, value) =>
        queueMicrotask(() => resolve(ended(error, status, head, value ? [value] : []))),
      );
      call.on("metadata", (fields) => void (head = fields));
      call.on("status", (all) => void (status = all));
      for (const message of asked.messages ?? []) call.write(message);
      call.end();
    });
  }

  serverStream(asked: Asked = {}): Promise<Ended> {
    const { message, metadata, options, path } = given(asked, "ServerStream");
    return gathered(this.client.makeServerStreamRequest(path, same, same, message, metadata, options));
  }

  bidi(asked: Asked = {}) {
    const { metadata, options, path } = given(asked, "Bidi");
    return this.client.makeBidiStreamRequest(path, same, same, metadata, options);
  }

  async close(): Promise<void> {
    this.#client?.close();
    await this.proxy.close();
    this.#silent?.close();
    this.killServer();
  }
}

function given({ path, metadata = {}, options = {}, messages = [] }: Asked, name: string) {
  const fields = new Metadata();
  for (const [key, value] of Object.entries(metadata)) fields.set(key, value);
  return {
    path: path ?? `/test.Echo/${name}`,
    metadata: fields,
    options,
    message: messages[0] ?? Buffer.from("hello"),
  };
}

function ended(
  error: ServiceError | null,
  status: StatusObject | undefined,
  head: Metadata | undefined,
  messages: readonly Buffer[],
): Ended {
  return {
    code: error?.code ?? 0,
    details: error?.details ?? status?.details ?? "",
    trailers: error?.metadata ?? status?.metadata ?? new Metadata(),
    head,
    messages,
  };
}

/** All that comes of a stream until its end. */
export function gathered(
  call: ReturnType<Client["makeServerStreamRequest"]> | ReturnType<GrpcBetween["bidi"]>,
): Promise<Ended> {
  return new Promise((resolve) => {
    const messages: Buffer[] = [];
    let head: Metadata | undefined;
    call.on("metadata", (fields: Metadata) => void (head = fields));
    call.on("data", (message: Buffer) => void messages.push(message));
    call.on("error", () => undefined);
    call.on("status", ({ code, details, metadata }: StatusObject) =>
      resolve({ code, details, trailers: metadata, head, messages }),
    );
  });
}
