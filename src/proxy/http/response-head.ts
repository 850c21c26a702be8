// On the path of every request.
import { fieldValue, removeField, ResponseMessage } from "../../wire/index.ts";
import { httpDate } from "./date.ts";
import type { Exchange } from "./exchange.ts";
import type { LocalReply } from "./local-reply.ts";

/** Makes the head of an endpoint's answer what the client gets. */
export function dressAnswer(exchange: Exchange, { fields }: ResponseMessage): void {
  const { outcome } = exchange;
  outcome.upstreamMilliseconds = outcome.milliseconds;
  if (!exchange.origin.chain.suppressEnvoyHeaders) {
    if (fieldValue(fields, "x-envoy-upstream-service-time") !== undefined) {
      removeField(fields, "x-envoy-upstream-service-time");
    }
    fields.push("x-envoy-upstream-service-time", String(Math.round(outcome.upstreamMilliseconds)));
  }
  if (fieldValue(fields, "date") === undefined) fields.push("date", httpDate());
  finish(exchange, fields);
}

/** The head of an answer the proxy gives itself. */
export function localAnswer(exchange: Exchange, reply: LocalReply): ResponseMessage {
  const message = new ResponseMessage();
  message.status = reply.status;
  const { fields } = message;
  fields.push(...(reply.headers ?? []));
  if (reply.body !== "" && fieldValue(fields, "content-type") === undefined) fields.push("content-type", "text/plain");
  fields.push("date", httpDate());
  finish(exchange, fields);
  if (reply.status !== 204 && reply.status !== 304) message.contentLength = reply.body.length;
  return message;
}

/** What the route says of answers, in Envoy's order: the most particular first; who answers is said last, and by us. */
function finish(exchange: Exchange, fields: string[]): void {
  const { choice, route, outcome, origin } = exchange;
  if (choice?.responseHeaders ?? route?.responseHeaders) {
    const context = outcome.headerContext();
    choice?.responseHeaders?.apply(fields, context);
    route?.responseHeaders?.apply(fields, context);
  }
  if (outcome.corsFields) {
    // A browser takes one permission only; the route's word counts before the application's.
    for (let index = 0; index < outcome.corsFields.length; index += 2) {
      removeField(fields, outcome.corsFields[index] ?? "");
    }
    fields.push(...outcome.corsFields);
  }
  // A caller outside of the mesh learns the operation; one inside knows it.
  if (origin.direction === "inbound" && route?.decorator !== undefined) {
    removeField(fields, "x-envoy-decorator-operation");
    fields.push("x-envoy-decorator-operation", route.decorator);
  }
  if (origin.chain.answersWithId) {
    const id = fieldValue(exchange.message.fields, "x-request-id");
    removeField(fields, "x-request-id");
    if (id !== undefined) fields.push("x-request-id", id);
  }
  const { name, mode } = origin.chain.serverHeader;
  if (mode === "pass") return;
  const given = fieldValue(fields, "server");
  if (mode === "append" && given !== undefined) return;
  if (given !== undefined) removeField(fields, "server");
  fields.push("server", name);
}
