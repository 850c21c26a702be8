// On the path of every request.
import { fieldValue } from "../fields.ts";

const grpc = "application/grpc";

/** Whether a content type says gRPC: exactly that, or with what its messages are written in (`application/grpc+proto`). */
export function isGrpcType(type: string): boolean {
  return type.startsWith(grpc) && (type.length === grpc.length || type.charCodeAt(grpc.length) === 43);
}

/** Whether a message's fields say that it is of gRPC. */
export function speaksGrpc(fields: readonly string[]): boolean {
  const type = fieldValue(fields, "content-type");
  return type !== undefined && isGrpcType(type);
}
