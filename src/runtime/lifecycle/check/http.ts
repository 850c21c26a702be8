import { type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Probe } from "../../../model/index.ts";
import { failed, type Outcome, passed, type Target } from "./action.ts";
import { dialError, withLimit } from "./limit.ts";

type HttpGet = NonNullable<Probe["httpGet"]>;

/** An HTTP request; status 200–399 passes. Certificates are not verified, redirects not followed. */
export function checkHttp(
  target: Target,
  { path = "/", scheme = "HTTP", httpHeaders = [] }: HttpGet,
): Promise<Outcome> {
  const secure = scheme === "HTTPS";
  const slashed = path.startsWith("/") ? path : `/${path}`;
  const url = `${secure ? "https" : "http"}://${target.name}:${target.port}${slashed}`;
  const late = `Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`;
  return withLimit(target, late, (settle) => {
    const request = (secure ? httpsRequest : httpRequest)({
      host: target.address,
      port: target.port,
      path: slashed,
      headers: headersOf(target, httpHeaders),
      agent: false,
      ...(secure && { rejectUnauthorized: false }),
    });
    request.once("response", (response: IncomingMessage) => {
      const status = response.statusCode ?? 0;
      const ok = status >= 200 && status < 400;
      settle(ok ? passed() : failed(`HTTP probe failed with statuscode: ${status}`));
    });
    request.on("error", (error) => settle(failed(`Get "${url}": ${dialError(target, error)}`)));
    request.end();
    return () => request.destroy();
  });
}

function headersOf(
  { name, port }: Target,
  given: NonNullable<HttpGet["httpHeaders"]>,
): Record<string, string[] | string> {
  const headers: Record<string, string[] | string> = {};
  const listed = new Map<string, string[]>();
  for (const header of given) {
    const key = header.name.toLowerCase();
    listed.set(key, [...(listed.get(key) ?? []), header.value]);
  }
  for (const [key, values] of listed) headers[key] = values.length === 1 ? (values[0] ?? "") : values;
  return { host: `${name}:${port}`, "user-agent": "kube-probe/1.35", accept: "*/*", connection: "close", ...headers };
}
