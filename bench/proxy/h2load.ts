/** Load over HTTP/2 by nghttp2's own load generator: 8 connections, 8 streams on each. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { cores, wrapping } from "./program.ts";

export interface StreamLoad {
  readonly port: number;
  readonly path: string;
  readonly requests: number;
  /** The file that is the body of each request; without it they are GETs. */
  readonly body?: string;
  readonly headers?: readonly string[];
}

const run = promisify(execFile);

/** Throws unless each request was answered 2xx. */
export async function h2load({ port, path, requests, body, headers = [] }: StreamLoad): Promise<void> {
  const fields = headers.flatMap((header) => ["-H", header]);
  const args = ["-n", String(requests), "-c8", "-m8", ...(body ? ["-d", body] : []), ...fields];
  const [program, ...rest] = [...wrapping(cores.rest), "h2load", ...args, `http://127.0.0.1:${port}${path}`];
  const { stdout } = await run(program, rest, { timeout: 30_000 });
  const counts = /(\d+) succeeded, .*\nstatus codes: (\d+) 2xx/.exec(stdout);
  if (Number(counts?.[1]) === requests && Number(counts?.[2]) === requests) return;
  const said = stdout.split("\n").filter((line) => /^requests:|^status codes:/.test(line));
  throw new Error(`h2load was not answered as it asked: ${said.join("; ") || stdout.slice(-200)}`);
}
