/** Continuous load for stories: keeps some connections busy and remembers every request that did not go well. */
import { Agent, request } from "node:http";

export interface LoadResult {
  readonly requests: number;
  /** What went wrong, a line each; empty when nothing did. */
  readonly failures: readonly string[];
}

export interface LoadOptions {
  readonly url: string;
  readonly connections: number;
  /** Pause of a connection between its requests, ms; bounds the load. */
  readonly pause: number;
  readonly headers?: Record<string, string>;
  /** What counts as well; by default status 200. */
  readonly well?: (status: number, body: string) => boolean;
}

/** Runs until the returned function is called, which waits for the requests under way. */
export function startLoad(options: LoadOptions): () => Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.connections });
  const well = options.well ?? ((status) => status === 200);
  const failures: string[] = [];
  let requests = 0;
  const ending = new AbortController();
  const worker = async () => {
    while (!ending.signal.aborted) {
      requests += 1;
      try {
        const { status, body } = await once(options, agent);
        if (!well(status, body)) failures.push(`${new Date().toISOString()} status ${status}: ${body.slice(0, 200)}`);
      } catch (error) {
        failures.push(`${new Date().toISOString()} ${error instanceof Error ? error.message : String(error)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, options.pause));
    }
  };
  const workers = Array.from({ length: options.connections }, worker);
  return async () => {
    ending.abort();
    await Promise.all(workers);
    agent.destroy();
    return { requests, failures };
  };
}

function once(options: LoadOptions, agent: Agent): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(options.url, { agent, headers: options.headers ?? {} }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => void (body += text));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.setTimeout(20_000, () => sent.destroy(new Error("no answer in 20 s")));
    sent.on("error", reject);
    sent.end();
  });
}
