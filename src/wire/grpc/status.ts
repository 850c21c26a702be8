/** What gRPC calls its outcomes, by number. */
export const grpcStatusNames = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

/** The status that stands for an HTTP status where none of gRPC's came (gRPC's "HTTP to gRPC status code mapping"). */
export function grpcStatusOf(httpStatus: number): number {
  switch (httpStatus) {
    case 400:
      return 13;
    case 401:
      return 16;
    case 403:
      return 7;
    case 404:
      return 12;
    case 429:
    case 502:
    case 503:
    case 504:
      return 14;
    default:
      return 2;
  }
}

/** A `grpc-status` as people read it in metrics: a number, or -1 where it is none. */
export function readGrpcStatus(value: string): string {
  return /^\d{1,9}$/.test(value) ? String(Number(value)) : "-1";
}

/** Text of one-byte characters as `grpc-message` carries it: printable ASCII but `%` and, as Envoy has it, `~`. */
export function grpcMessage(text: string): string {
  return text.replace(/[^ -$&-}]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}
