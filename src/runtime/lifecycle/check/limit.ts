import { codeOf } from "../../../base/index.ts";
import { failed, type Outcome, type Target } from "./action.ts";

/** Gives `begin` the target's time; `begin` returns how to let go of what it holds, which is done in every case. */
export function withLimit(
  { clock, limit, signal }: Pick<Target, "clock" | "limit" | "signal">,
  late: string,
  begin: (settle: (outcome: Outcome) => void) => () => void,
): Promise<Outcome> {
  return new Promise((resolve) => {
    let release: (() => void) | undefined;
    let done = false;
    const settle = (outcome: Outcome) => {
      if (done) return;
      done = true;
      timer.cancel();
      signal.removeEventListener("abort", stop);
      release?.();
      resolve(outcome);
    };
    const stop = () => settle(failed("no longer needed"));
    const timer = clock.after(limit, () => settle(failed(late)));
    signal.addEventListener("abort", stop);
    if (signal.aborted) return stop();
    release = begin(settle);
    if (done) release();
  });
}

/** Why no connection came about, in the words people know from Kubernetes. */
export function dialError({ name, port }: Target, error: Error): string {
  const where = `dial tcp ${name}:${port}`;
  switch (codeOf(error)) {
    case "ECONNREFUSED":
      return `${where}: connect: connection refused`;
    case "EHOSTUNREACH":
      return `${where}: connect: no route to host`;
    case "ECONNRESET":
      return `${where}: connection reset by peer`;
    case undefined:
    default:
      return `${where}: ${error.message}`;
  }
}
