// On the path of every request.
import { fieldValue, removeField, type RequestMessage } from "../../wire/index.ts";
import type { RequestHead } from "../config/contract.ts";
import type { Exchange } from "./exchange.ts";

/** What an endpoint is told of this try, beside the request's own fields. */
export function fieldsOfTry(
  { route, hop, origin }: Exchange,
  attempt: number,
  grpcTimeout: string | undefined,
): readonly string[] {
  const fields: string[] = [];
  if (route?.attemptCount) fields.push("x-envoy-attempt-count", String(attempt));
  if (grpcTimeout !== undefined) fields.push("grpc-timeout", grpcTimeout);
  // The callee's own exchange says who called.
  if (hop?.apart) return fields;
  const certificate = hop ? hop.clientCertificate : origin.clientCertificate;
  if (certificate !== undefined) fields.push("x-forwarded-client-cert", certificate);
  else if (route?.decorator !== undefined && origin.direction !== "inbound") {
    // An application outside of the mesh learns the operation; a proxy would know it.
    fields.push("x-envoy-decorator-operation", route.decorator);
  }
  return fields;
}

/** Applies the route's header operations, the most particular first; they may change Host, so it stands among the fields meanwhile. */
export function applyRequestOps(exchange: Exchange, host: string): string {
  const { choice, route, message, outcome } = exchange;
  const [particular, general] = [choice?.requestHeaders, route?.requestHeaders];
  if (!particular && !general) return host;
  const { fields } = message;
  fields.push("host", host);
  const context = outcome.headerContext();
  particular?.apply(fields, context);
  general?.apply(fields, context);
  const changed = fieldValue(fields, "host") ?? host;
  removeField(fields, "host");
  return changed;
}

/** The target as it is sent where no rule rewrites it: in its one form. */
export function originalTarget({ method, target }: RequestMessage, { path, query }: RequestHead): string {
  if (method === "CONNECT") return target;
  return query === "" ? path : `${path}?${query}`;
}
