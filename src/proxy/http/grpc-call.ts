// On the path of requests of gRPC.
import { fieldValue, grpcMessage, grpcStatusOf, MessageWalk, readGrpcStatus } from "../../wire/index.ts";
import type { LocalReply } from "./local-reply.ts";

/** What a request of gRPC has beyond others: messages in both directions, and a status behind the answer. */
export class GrpcCall {
  readonly requests = new MessageWalk();
  readonly responses = new MessageWalk();
  #status: string | undefined = undefined;
  #countedRequests = 0;
  #countedResponses = 0;

  /** Fields of an answer's head, then of its trailers: the last that say a status count. */
  answered(fields: readonly string[] | undefined): void {
    const status = fields && fieldValue(fields, "grpc-status");
    if (status !== undefined) this.#status = readGrpcStatus(status);
  }

  /** The status an exchange ended with; where none came, what its HTTP status says. Empty: there was no answer. */
  statusWith(httpStatus: number): string {
    return this.#status ?? (httpStatus === 0 ? "" : String(grpcStatusOf(httpStatus)));
  }

  /** Messages since it was asked last. */
  uncounted(): { readonly requests: number; readonly responses: number } {
    const requests = this.requests.count - this.#countedRequests;
    const responses = this.responses.count - this.#countedResponses;
    this.#countedRequests += requests;
    this.#countedResponses += responses;
    return { requests, responses };
  }
}

/** An answer of our own as gRPC has it: a head that is trailers at the same time. */
export function trailersOnly(reply: LocalReply, method: string): LocalReply {
  const headers: string[] = [];
  const given = reply.headers ?? [];
  for (let index = 0; index < given.length; index += 2) {
    const name = given[index] ?? "";
    if (name !== "content-type") headers.push(name, given[index + 1] ?? "");
  }
  headers.push("content-type", "application/grpc");
  headers.push("grpc-status", String(reply.grpcStatus ?? grpcStatusOf(reply.status)));
  if (reply.body !== "" && method !== "HEAD") headers.push("grpc-message", grpcMessage(reply.body));
  return { ...reply, status: 200, body: "", headers };
}
