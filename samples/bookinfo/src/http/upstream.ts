import { Agent, request } from "node:http";
import type { Headers } from "./forwarded-headers.ts";

/** Another service, asked over connections that are kept. */
export interface Upstream {
  readonly url: string;
  readonly agent: Agent;
}

export interface Reply {
  readonly status: number;
  readonly body: string;
}

export function upstream(url: string): Upstream {
  return { url, agent: new Agent({ keepAlive: true }) };
}

/**
 * Where a service is found: `ratings` is http://ratings:9080, unless RATINGS_HOSTNAME, SERVICES_DOMAIN
 * or RATINGS_SERVICE_PORT say otherwise.
 */
export function urlOf(name: string, env: NodeJS.ProcessEnv): string {
  const prefix = name.toUpperCase();
  const host = env[`${prefix}_HOSTNAME`] ?? name;
  const domain = env["SERVICES_DOMAIN"] ? `.${env["SERVICES_DOMAIN"]}` : "";
  return `http://${host}${domain}:${env[`${prefix}_SERVICE_PORT`] ?? "9080"}`;
}

/**
 * GETs a path; undefined if there is no whole answer within `limit` milliseconds.
 * A kept connection may be closed by its other end just as it is used again: then a new one is tried.
 */
export async function ask(
  { url, agent }: Upstream,
  path: string,
  headers: Headers,
  limit: number,
): Promise<Reply | undefined> {
  const signal = AbortSignal.timeout(limit);
  for (;;) {
    const outcome = await attempt(url + path, agent, headers, signal);
    if (outcome !== "stale") return outcome;
  }
}

function attempt(
  url: string,
  agent: Agent,
  headers: Headers,
  signal: AbortSignal,
): Promise<Reply | undefined | "stale"> {
  return new Promise((resolve) => {
    const asking = request(url, { agent, headers: { accept: "application/json", ...headers }, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 500, body: Buffer.concat(chunks).toString() }));
      response.on("close", () => resolve(undefined));
      response.on("error", () => resolve(undefined));
    });
    asking.on("error", () => resolve(asking.reusedSocket && !signal.aborted ? "stale" : undefined));
    asking.end();
  });
}
