/** A server of every protocol, each on a port of its own, that answers with what it gets; it can leave in order. */
import { once } from "node:events";
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2, type Http2Session, type ServerHttp2Stream } from "node:http2";
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from "node:net";
import {
  Server as GrpcServer,
  ServerCredentials,
  type handleUnaryCall,
  type MethodDefinition,
  type ServerDuplexStream,
} from "@grpc/grpc-js";
import { WebSocketServer } from "ws";

const same = (message: Buffer) => message;
const method = (name: string, isStream: boolean): MethodDefinition<Buffer, Buffer> => ({
  path: `/test.Echo/${name}`,
  requestStream: isStream,
  responseStream: isStream,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
});
const service = { unary: method("Unary", false), bidi: method("Bidi", true) };
/** Milliseconds after which clients of gRPC are told to open another connection. */
const connectionAge = 700;
const host = "127.0.0.1";

export interface EndpointPorts {
  readonly http: number;
  readonly http2: number;
  readonly grpc: number;
  readonly tcp: number;
}

export class Endpoint {
  readonly name: string;
  ports: EndpointPorts = { http: 0, http2: 0, grpc: 0, tcp: 0 };
  /** Requests, calls, connections of bytes and WebSockets. */
  served = 0;
  readonly #http = createHttp((request, response) => this.#answer(request, response));
  readonly #http2 = createHttp2();
  readonly #sessions = new Set<Http2Session>();
  readonly #grpc = new GrpcServer({ "grpc.max_connection_age_ms": connectionAge });
  readonly #sockets = new WebSocketServer({ server: this.#http });
  readonly #tcp = createTcp({ allowHalfOpen: true }, (socket) => this.#speak(socket));
  readonly #open = new Set<Socket>();
  #leaving = false;

  constructor(name: string) {
    this.name = name;
  }

  static async open(name: string): Promise<Endpoint> {
    const endpoint = new Endpoint(name);
    await endpoint.#listen();
    return endpoint;
  }

  async #listen(): Promise<void> {
    this.#http2.on("session", (session) => {
      this.#sessions.add(session);
      session.on("close", () => this.#sessions.delete(session));
    });
    this.#http2.on("stream", (stream) => this.#stream(stream));
    this.#sockets.on("connection", (socket) => {
      this.served += 1;
      socket.on("error", () => undefined);
      socket.on("message", (data, isBinary) => socket.send(this.#leaving ? "bye" : data, { binary: isBinary }));
    });
    this.#grpc.addService(service, {
      unary: ((call, answer) => {
        this.served += 1;
        answer(null, call.request);
      }) satisfies handleUnaryCall<Buffer, Buffer>,
      bidi: (call: ServerDuplexStream<Buffer, Buffer>) => {
        this.served += 1;
        call.on("data", (message: Buffer) => void call.write(message));
        call.on("end", () => call.end());
      },
    });
    const grpc = await new Promise<number>((resolve, reject) => {
      this.#grpc.bindAsync(`${host}:0`, ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
    const [http, http2, tcp] = await Promise.all([this.#http, this.#http2, this.#tcp].map(portOf));
    this.ports = { http: http ?? 0, http2: http2 ?? 0, grpc, tcp: tcp ?? 0 };
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.served += 1;
    response.write(`${this.name} `);
    request.pipe(response);
  }

  #stream(stream: ServerHttp2Stream): void {
    this.served += 1;
    stream.on("error", () => undefined);
    stream.respond({ ":status": 200 });
    stream.write(`${this.name} `);
    stream.pipe(stream);
  }

  #speak(socket: Socket): void {
    this.served += 1;
    this.#open.add(socket);
    socket.on("error", () => undefined).on("close", () => this.#open.delete(socket));
    socket.on("end", () => socket.end());
    socket.on("data", (bytes) => {
      if (this.#leaving) socket.end("bye\n");
      else socket.write(bytes);
    });
  }

  /** Tells everybody on an HTTP/2 connection that it is over, though the endpoint stays. */
  renewSessions(): void {
    for (const session of this.#sessions) session.close();
  }

  /** Takes nothing new; resolves when everybody has left in order. */
  async drain(): Promise<void> {
    this.#leaving = true;
    const gone = [this.#http, this.#http2, this.#tcp].map(
      (server) => new Promise<void>((resolve) => void server.close(() => resolve())),
    );
    this.renewSessions();
    const grpcGone = new Promise<void>((resolve, reject) =>
      this.#grpc.tryShutdown((error) => (error ? reject(error) : resolve())),
    );
    await Promise.all([...gone, grpcGone]);
  }

  close(): void {
    this.#http.close().closeAllConnections();
    this.#sockets.close();
    for (const socket of this.#sockets.clients) socket.terminate();
    for (const session of this.#sessions) session.destroy();
    this.#http2.close();
    this.#grpc.forceShutdown();
    for (const socket of this.#open) socket.destroy();
    this.#tcp.close();
  }
}

async function portOf(server: Server): Promise<number> {
  await once(server.listen(0, host), "listening");
  const address: AddressInfo | string | null = server.address();
  return typeof address === "object" && address ? address.port : 0;
}
