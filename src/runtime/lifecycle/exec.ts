import { type Clock, explain } from "../../base/index.ts";
import type { ProcessSpec, Sandbox } from "../sandbox.ts";
import { failed, type Outcome, passed } from "./check/index.ts";

/** Bytes of output kept: an event or a status has no room for more. */
const most = 2048;

export interface ExecOptions {
  readonly sandbox: Sandbox;
  readonly process: Omit<ProcessSpec, "output">;
  readonly clock: Clock;
  /** Milliseconds until it is killed. */
  readonly limit: number;
  /** Kills it too. */
  readonly signal: AbortSignal;
}

/** Runs a program beside the container's own, to its end. Passes when it exits with 0; never rejects. */
export async function runInside({ sandbox, process, clock, limit, signal }: ExecOptions): Promise<Outcome> {
  let printed: Buffer = Buffer.alloc(0);
  const output = (_: string, chunk: Buffer) => {
    if (printed.length < most) printed = Buffer.concat([printed, chunk]).subarray(0, most);
  };
  const command = process.argv.join(" ");
  try {
    const running = await sandbox.start({ ...process, output });
    let late = false;
    const kill = () => running.signal("SIGKILL");
    const timer = clock.after(limit, () => {
      late = true;
      kill();
    });
    signal.addEventListener("abort", kill);
    if (signal.aborted) kill();
    const { code, signal: killer } = await running.exited;
    timer.cancel();
    signal.removeEventListener("abort", kill);
    if (late) return failed(`command timed out: "${command}" timed out after ${limit / 1000}s`);
    const text = printed.toString("utf8").trim();
    if (code === 0) return passed(text);
    return failed(text || `command "${command}" ended with ${killer ?? `status ${code ?? "unknown"}`}`);
  } catch (error) {
    return failed(`command "${command}" could not be started: ${explain(error)}`);
  }
}
