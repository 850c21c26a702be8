import { Agent, request as start } from "node:https";
import type { IncomingMessage } from "node:http";
import { ApiFault } from "../../store/index.ts";
import { Fault } from "../../base/index.ts";

export interface ConnectionOptions {
  /** `https://127.0.0.1:16443` */
  readonly server: string;
  /** PEM of the authority that the server's certificate comes from. */
  readonly ca: string;
  readonly token: string;
}

export interface Ask {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly onWarning?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal;
}

/** Milliseconds without a byte before an ordinary request is given up. */
const patience = 60_000;

/** Kept-alive HTTPS to one server; every refusal is an ApiFault, a server that cannot be reached a Fault `api-unreachable`. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #agent: Agent;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#agent = new Agent({ ca: options.ca, keepAlive: true, maxSockets: 64 });
  }

  /** The answer as JSON. */
  async json(ask: Ask): Promise<unknown> {
    const text = await textOf(await this.open({ ...ask }, patience));
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw new Fault("api-unreachable", `${this.#options.server} does not answer as the Kubernetes API does`, {
        cause: error,
      });
    }
  }

  /** Resolves with the head of a good answer. */
  open(ask: Ask, timeout = 0): Promise<IncomingMessage> {
    const { server, token } = this.#options;
    const body = ask.body === undefined ? undefined : JSON.stringify(ask.body);
    return new Promise((resolve, reject) => {
      const outgoing = start(new URL(ask.path, server), {
        agent: this.#agent,
        method: ask.method,
        timeout,
        headers: {
          accept: "application/json",
          authorization: `Bearer ${token}`,
          ...(body !== undefined && {
            "content-type": ask.contentType ?? "application/json",
            "content-length": Buffer.byteLength(body),
          }),
        },
      });
      // Not the option `signal`: it destroys the socket with an error that nobody hears once the answer has ended.
      const abort = () => outgoing.destroy();
      ask.signal?.addEventListener("abort", abort);
      outgoing.on("close", () => ask.signal?.removeEventListener("abort", abort));
      outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer within ${timeout / 1000} s`)));
      outgoing.on("error", (error) => reject(unreachable(server, error)));
      outgoing.on("response", (response) => {
        for (const text of warningsOf(response)) ask.onWarning?.(text);
        const status = response.statusCode ?? 0;
        if (status >= 200 && status < 300) resolve(response);
        else textOf(response).then((text) => reject(faultOf(status, text)), reject);
      });
      outgoing.end(body);
    });
  }

  /** Ends idle connections; the process does not wait for them anyway. */
  close(): void {
    this.#agent.destroy();
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** A `Status` object, or whatever else came, as a fault. */
export function faultOf(code: number, answer: unknown): ApiFault {
  let status = answer as { reason?: unknown; message?: unknown; details?: unknown; code?: unknown };
  if (typeof answer === "string") {
    try {
      status = JSON.parse(answer) as typeof status;
    } catch {
      status = { message: answer.trim() };
    }
  }
  const reason = typeof status.reason === "string" ? status.reason : code === 404 ? "NotFound" : "Unknown";
  const message = typeof status.message === "string" ? status.message : `the server answered ${code}`;
  return new ApiFault(typeof status.code === "number" ? status.code : code, reason, message, status.details);
}

/** The texts of `Warning: 299 - "text"`, of which several may stand in one line. */
function warningsOf({ headers }: IncomingMessage): string[] {
  const all = headers["warning"] as string | string[] | undefined;
  const line = Array.isArray(all) ? all.join(", ") : (all ?? "");
  return [...line.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map((match) => (match[1] ?? "").replace(/\\(.)/g, "$1"));
}

function unreachable(server: string, cause: Error): Fault {
  return new Fault("api-unreachable", `cannot reach the API at ${server}: ${cause.message}`, {
    remedy: "is it running? `weft status` says",
    cause,
  });
}
