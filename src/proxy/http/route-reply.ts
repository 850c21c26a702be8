// On the path of requests that a route answers itself.
import { fieldValue } from "../../wire/index.ts";
import type { DirectRoute, FaultPolicy, RequestHead, Route } from "../config/contract.ts";
import { replies, type LocalReply } from "./local-reply.ts";

/** What CORS makes of a request: the answer to a preflight, or fields for the answer it will get. */
export interface CorsVerdict {
  readonly reply: LocalReply | undefined;
  readonly fields: readonly string[] | undefined;
}

const answered = { status: 200, flags: "", details: "cors", body: "" } as const;

export function corsVerdict({ cors }: Route, head: RequestHead): CorsVerdict {
  const allowed = cors?.evaluate(head);
  if (allowed?.preflight) return { reply: { ...answered, headers: allowed.headers }, fields: undefined };
  if (allowed || cors?.forwardUnmatchedPreflights !== false) return { reply: undefined, fields: allowed?.headers };
  const isPreflight = head.method === "OPTIONS" && fieldValue(head.headers, "access-control-request-method");
  return { reply: isPreflight ? { ...answered, headers: [] } : undefined, fields: undefined };
}

/** The abort a fault asks for, for its share of requests; `random` is uniform in [0,1). */
export function abortReply(fault: FaultPolicy | undefined, random: number): LocalReply | undefined {
  const abort = fault?.abort;
  if (!abort || random >= abort.share) return undefined;
  const { status, grpcStatus } = abort;
  return { ...replies.faultAbort, status, ...(grpcStatus === undefined ? {} : { grpcStatus }) };
}

export function redirectReply(status: number, location: string): LocalReply {
  return { status, flags: "", details: "direct_response", body: "", headers: ["location", location] };
}

export function directReply({ status, body, contentType }: DirectRoute): LocalReply {
  const headers = contentType === undefined ? [] : ["content-type", contentType];
  return { status, flags: "", details: "direct_response", body: body.latin1Slice(), headers };
}
