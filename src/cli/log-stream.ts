import { request } from "node:https";
import type { IncomingMessage } from "node:http";
import { Fault } from "../base/index.ts";
import type { Access } from "./connect.ts";

export interface LogQuery {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly follow: boolean;
  readonly previous: boolean;
  readonly tailLines: number | undefined;
  readonly signal: AbortSignal;
}

/** The lines a container wrote, without their ends, as they come. Ends early and in silence when the signal aborts. */
export async function* logLines(access: Access, query: LogQuery): AsyncGenerator<string> {
  try {
    const response = await open(access, query);
    response.setEncoding("utf8");
    let rest = "";
    for await (const chunk of response) {
      const lines = (rest + String(chunk)).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
    if (rest !== "") yield rest;
  } catch (error) {
    if (!query.signal.aborted) throw error;
  }
}

function open({ server, ca, token }: Access, query: LogQuery): Promise<IncomingMessage> {
  const { namespace, pod, container, follow, previous, tailLines, signal } = query;
  const url = new URL(
    `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`,
    server,
  );
  url.search = new URLSearchParams({
    container,
    ...(follow && { follow: "true" }),
    ...(previous && { previous: "true" }),
    ...(tailLines !== undefined && { tailLines: String(tailLines) }),
  }).toString();
  return new Promise((resolve, reject) => {
    const asking = request(url, { ca, signal, agent: false, headers: { authorization: `Bearer ${token}` } });
    asking.on("error", (cause) =>
      reject(new Fault("api-unreachable", `cannot reach the API at ${server}: ${cause.message}`, { cause })),
    );
    asking.on("response", (response) => {
      if (response.statusCode === 200) resolve(response);
      else refusal(response).then(reject, reject);
    });
    asking.end();
  });
}

async function refusal(response: IncomingMessage): Promise<Fault> {
  let text = "";
  response.setEncoding("utf8");
  for await (const chunk of response) text += String(chunk);
  try {
    const { reason = "Unknown", message = text } = JSON.parse(text) as { reason?: string; message?: string };
    return new Fault(reason, message);
  } catch {
    return new Fault("Unknown", `the API answered ${response.statusCode ?? 0}`);
  }
}
