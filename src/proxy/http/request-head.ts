// On the path of every request.
import { fieldValue, removeField } from "../../wire/index.ts";
import type { Exchange } from "./exchange.ts";
import { printRequest } from "./print.ts";

/** The head of a request as an endpoint gets it. */
export function requestHead(exchange: Exchange, target: string, host: string, attempt: number): string {
  const { message, route, hop, origin } = exchange;
  let framing = "";
  if (message.chunked) framing = "transfer-encoding: chunked\r\n";
  else if (message.contentLength >= 0) framing = `content-length: ${message.contentLength}\r\n`;
  if (message.upgrade !== undefined) framing += `connection: Upgrade\r\nupgrade: ${message.upgrade}\r\n`;
  if (message.expectContinue) framing += "expect: 100-continue\r\n";
  if (route?.attemptCount) framing += `x-envoy-attempt-count: ${attempt}\r\n`;
  const certificate = hop ? hop.clientCertificate : origin.clientCertificate;
  if (certificate !== undefined) framing += `x-forwarded-client-cert: ${certificate}\r\n`;
  else if (route?.decorator !== undefined && origin.direction !== "inbound") {
    // An application outside of the mesh learns the operation; a proxy would know it.
    framing += `x-envoy-decorator-operation: ${route.decorator}\r\n`;
  }
  return printRequest(message.method, target, host, message.fields, framing);
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
