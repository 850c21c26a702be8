import type { ApiFault } from "../../store/index.ts";
import type { Api } from "../api.ts";
import { badRequest, notFound } from "../faults.ts";
import type { Call } from "./answer.ts";
import type { Target } from "./target.ts";

export interface LogRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly container: string;
  readonly follow: boolean;
  /** Of the instance that ended before this one. */
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number;
  /** Milliseconds since the epoch. */
  readonly sinceTime?: number;
  readonly limitBytes?: number;
  /** Aborts when the reader has gone. */
  readonly signal: AbortSignal;
}

/** Where the output of containers is kept. May throw an ApiFault or a Fault before its first piece. */
export type LogProvider = (request: LogRequest) => AsyncIterable<Uint8Array>;

interface PodSpec {
  readonly containers?: readonly { readonly name: string }[];
  readonly initContainers?: readonly { readonly name: string }[];
}

export async function serveLogs(api: Api, logs: LogProvider | undefined, call: Call, target: Target): Promise<void> {
  const { query, response } = call;
  const name = target.name ?? "";
  const pod = api.get(target.kind, { namespace: target.namespace, name });
  if (!logs) throw notFound(target.kind, `${name}/log`);
  const container = containerOf(name, pod["spec"] ?? {}, query.get("container"));
  const aborter = new AbortController();
  response.once("close", () => aborter.abort());
  const number = (key: string) => (query.has(key) ? { [key]: Number(query.get(key)) } : {});
  const flag = (key: string) => ["true", "1"].includes(query.get(key) ?? "");
  const sinceSeconds = query.get("sinceSeconds");
  const since = query.get("sinceTime");
  const sinceTime = sinceSeconds
    ? api.clock.now() - Number(sinceSeconds) * 1000
    : since
      ? Date.parse(since)
      : undefined;
  const pieces = logs({
    namespace: target.namespace ?? "",
    pod: name,
    uid: pod.metadata.uid ?? "",
    container,
    follow: flag("follow"),
    previous: flag("previous"),
    timestamps: flag("timestamps"),
    ...number("tailLines"),
    ...number("limitBytes"),
    ...(sinceTime !== undefined && { sinceTime }),
    signal: aborter.signal,
  });
  call.request.socket.setTimeout(0);
  const begin = () => {
    if (!response.headersSent) response.writeHead(200, { "content-type": "text/plain" });
    response.flushHeaders();
  };
  // A reader that follows is told at once that it is connected, whether or not there is anything to read.
  if (flag("follow")) begin();
  for await (const piece of pieces) {
    if (aborter.signal.aborted) return;
    begin();
    if (!response.write(piece)) {
      await new Promise<void>((resolve) => {
        response.once("drain", resolve);
        aborter.signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }
  begin();
  response.end();
}

function containerOf(pod: string, { containers = [], initContainers = [] }: PodSpec, wanted: string | null): string {
  const names = containers.map(({ name }) => name);
  if (wanted) {
    if ([...names, ...initContainers.map(({ name }) => name)].includes(wanted)) return wanted;
    throw badLogRequest(`container ${wanted} is not valid for pod ${pod}`);
  }
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return only;
  throw badLogRequest(`a container name must be specified for pod ${pod}, choose one of: [${names.join(" ")}]`);
}

const badLogRequest = (message: string): ApiFault => badRequest(message);
