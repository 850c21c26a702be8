// On the path of every request.
import type { BodyEnd, ResponseMessage } from "../../wire/index.ts";
import type { Cluster, Endpoint } from "../config/contract.ts";
import type { Break, Caller, ClientConnection } from "./client-connection.ts";
import { connectionFailure, replies, type LocalReply } from "./local-reply.ts";
import { Pool, type Waiting } from "./pool.ts";
import type { Surroundings } from "./surroundings.ts";

/** How an attempt failed; decides whether another one is made. */
export interface Failure {
  /** `status`: an answer whose status the rules take for a failure. */
  readonly kind: "connect" | "reset" | "timeout" | "overflow" | "status";
  readonly reply: LocalReply;
  /** The connection had served before and broke without a byte of answer: its peer closed it as we wrote. */
  readonly stale: boolean;
}

/** Who made an attempt and takes its result. */
export interface Attempting {
  readonly method: string;
  /** Connected: the request may be sent now. */
  ready(attempt: Attempt, connection: ClientConnection): void;
  responseHead(message: ResponseMessage, end: BodyEnd): void;
  responseData(buffer: Buffer, start: number, end: number): void;
  responseFlush(): void;
  responseEnd(): void;
  requestDrained(): void;
  failed(failure: Failure): void;
}

/** One try to have a request answered by one endpoint. */
export class Attempt implements Caller, Waiting {
  readonly endpoint: Endpoint;
  connection: ClientConnection | undefined;
  readonly #by: Attempting;
  readonly #pool: Pool;
  readonly #cluster: Cluster;
  #reused = false;
  #over = false;

  constructor(by: Attempting, cluster: Cluster, endpoint: Endpoint, surroundings: Surroundings) {
    this.#by = by;
    this.endpoint = endpoint;
    this.#cluster = cluster;
    this.#pool = Pool.of(cluster, endpoint, surroundings);
    endpoint.active += 1;
    cluster.load.requests += 1;
  }

  get method(): string {
    return this.#by.method;
  }

  start(fresh: boolean): void {
    this.#pool.acquire(this, fresh);
  }

  /** Ends it without waiting for an answer. */
  abandon(): void {
    if (this.#over) return;
    this.#end();
    this.#pool.forget(this);
    this.connection?.abandon();
  }

  attached(connection: ClientConnection, reused: boolean): void {
    if (this.#over) return this.#pool.giveBack(connection);
    this.connection = connection;
    this.#reused = reused;
    this.#by.ready(this, connection);
  }

  unreachable(reason: string): void {
    this.#fail({ kind: "connect", reply: connectionFailure(reason), stale: false });
  }

  overflow(): void {
    this.#fail({ kind: "overflow", reply: replies.overflow, stale: false });
  }

  broken(why: Break, answered: boolean): void {
    const reply = why === "protocol-error" ? replies.protocolError : replies.connectionTermination;
    this.#fail({ kind: "reset", reply, stale: this.#reused && !answered });
  }

  responseHead(message: ResponseMessage, end: BodyEnd): void {
    this.#by.responseHead(message, end);
  }

  responseData(buffer: Buffer, start: number, end: number): void {
    this.#by.responseData(buffer, start, end);
  }

  responseFlush(): void {
    this.#by.responseFlush();
  }

  responseEnd(): void {
    if (this.#over) return;
    this.#end();
    this.#by.responseEnd();
  }

  requestDrained(): void {
    this.#by.requestDrained();
  }

  #fail(failure: Failure): void {
    if (this.#over) return;
    this.#end();
    this.#by.failed(failure);
  }

  #end(): void {
    this.#over = true;
    this.endpoint.active -= 1;
    this.#cluster.load.requests -= 1;
  }
}
