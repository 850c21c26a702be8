// On the path of every request.
import { fieldValue, removeField, type BodyEnd, type ResponseMessage } from "../../wire/index.ts";
import type { Exchange } from "./exchange.ts";
import type { LocalReply } from "./local-reply.ts";
import { httpDate, printResponse } from "./print.ts";
import type { ServerConnection } from "./server-connection.ts";

/** The head of an endpoint's answer as the client gets it. */
export function responseHead(
  exchange: Exchange,
  message: ResponseMessage,
  end: BodyEnd,
  server: ServerConnection,
): string {
  const { fields } = message;
  const { outcome } = exchange;
  outcome.upstreamMilliseconds = outcome.milliseconds;
  if (fieldValue(fields, "x-envoy-upstream-service-time") !== undefined) {
    removeField(fields, "x-envoy-upstream-service-time");
  }
  fields.push("x-envoy-upstream-service-time", String(Math.round(outcome.upstreamMilliseconds)));
  if (fieldValue(fields, "date") === undefined) fields.push("date", httpDate());
  finish(exchange, fields);
  let framing = "";
  if (message.status === 101)
    framing = `connection: Upgrade\r\nupgrade: ${message.upgrade ?? exchange.message.upgrade ?? ""}\r\n`;
  else if (server.chunksFor(end)) framing = "transfer-encoding: chunked\r\n";
  else if (message.contentLength >= 0 && message.status !== 204)
    framing = `content-length: ${message.contentLength}\r\n`;
  return printResponse(message.status, message.reason, fields, framing + server.connectionField(end));
}

/** The whole of an answer the proxy gives itself. */
export function localResponse(exchange: Exchange, reply: LocalReply, server: ServerConnection): string {
  const fields = [...(reply.headers ?? [])];
  if (reply.body !== "" && fieldValue(fields, "content-type") === undefined) fields.push("content-type", "text/plain");
  fields.push("date", httpDate());
  finish(exchange, fields);
  const bodiless = reply.status === 204 || reply.status === 304;
  const framing = bodiless ? "" : `content-length: ${reply.body.length}\r\n`;
  const head = printResponse(reply.status, "", fields, framing + server.connectionField("length"));
  return bodiless || exchange.method === "HEAD" ? head : head + reply.body;
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
  const { name, mode } = origin.chain.serverHeader;
  if (mode === "pass") return;
  const given = fieldValue(fields, "server");
  if (mode === "append" && given !== undefined) return;
  if (given !== undefined) removeField(fields, "server");
  fields.push("server", name);
}
