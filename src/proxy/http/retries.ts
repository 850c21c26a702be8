// On the path of every request; does something only for those that fail.
import { fieldValue, type ResponseMessage } from "../../wire/index.ts";
import type { Cluster, Endpoint, RetryRules } from "../config/contract.ts";
import type { Failure } from "./attempt.ts";

const none: readonly Endpoint[] = [];

/** The tries of one request: how many there were, where, and whether there may be another. */
export class Retries {
  /** Tries so far; one over a stale connection does not count. */
  made = 0;
  /** Endpoints that failed. */
  tried = none;
  /** A stale connection was met: from now on only new ones are used. */
  fresh = false;
  /** The cluster among whose retries a pending one counts. */
  #counted: Cluster | undefined = undefined;

  /** Its peer had closed the connection before it saw the request: the same try may be made again, over a new one. */
  mayRepeat(failure: Failure, method: string): boolean {
    if (!failure.stale || this.fresh || (failure.kind !== "refused" && !isIdempotent(method))) return false;
    this.fresh = true;
    this.made -= 1;
    return true;
  }

  /** Whether the rules allow another try after so many. */
  mayGoOn(rules: RetryRules | undefined): boolean {
    return rules !== undefined && this.made <= rules.attempts;
  }

  /** Counts a retry as pending where the cluster has room for one more. */
  begin(failure: Failure, rules: RetryRules, cluster: Cluster, endpoint: Endpoint): boolean {
    if (!isAsked(failure, rules) || !this.mayGoOn(rules) || cluster.load.retries >= cluster.limits.retries)
      return false;
    this.tried = [...this.tried, endpoint];
    cluster.load.retries += 1;
    this.#counted = cluster;
    return true;
  }

  /** The pending retry is made, or given up. */
  settle(): void {
    if (this.#counted) this.#counted.load.retries -= 1;
    this.#counted = undefined;
  }
}

function isAsked({ kind }: Failure, rules: RetryRules): boolean {
  switch (kind) {
    case "connect":
      return rules.onConnectFailure;
    case "refused":
      return rules.onRefusedStream;
    case "reset":
    case "timeout":
      return rules.onReset;
    case "status":
      return true;
    case "overflow":
      return false;
  }
}

/** RFC 9110 §9.2.2 */
function isIdempotent(method: string): boolean {
  return method !== "POST" && method !== "PATCH" && method !== "CONNECT";
}

/** Whether an answer is one that the rules try again. */
export function isFailure({ status, fields }: ResponseMessage, rules: RetryRules | undefined): boolean {
  if (!rules) return false;
  if (rules.onStatus(status)) return true;
  const grpcStatus = rules.onGrpcStatus && fieldValue(fields, "grpc-status");
  return grpcStatus !== undefined && rules.onGrpcStatus?.(Number(grpcStatus)) === true;
}
