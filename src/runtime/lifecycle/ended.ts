import { constants } from "node:os";
import { explain, Fault } from "../../base/index.ts";
import type { ContainerState } from "../../model/index.ts";

/** How one run of a container ended. */
export interface Ended {
  readonly state: NonNullable<ContainerState["terminated"]>;
  /** It never ran: no such program, no such folder, … */
  readonly neverStarted: boolean;
}

export interface Run {
  readonly id: string;
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** The program could not be started; 128 is what container runtimes give it. */
export function notStarted(run: Run, error: unknown): Ended {
  const why = explain(error).replaceAll(/\n\s*/g, "; ");
  const message = error instanceof Fault ? why : `failed to start the program: ${why}`;
  return {
    neverStarted: true,
    state: { exitCode: 128, reason: "StartError", message, ...times(run) },
  };
}

/** The program ran and ended. `lastWords` is the end of what it printed; kept only when it failed. */
export function exited(
  run: Run,
  { code, signal }: { readonly code: number | undefined; readonly signal: NodeJS.Signals | undefined },
  program: string,
  lastWords: string,
): Ended {
  const number = signal ? constants.signals[signal] : undefined;
  const exitCode = code ?? 128 + (number ?? 0);
  const message = exitCode === 0 ? "" : [lastWords, meaning(exitCode, program)].filter(Boolean).join("\n");
  return {
    neverStarted: false,
    state: {
      exitCode,
      ...(number !== undefined && { signal: number }),
      reason: exitCode === 0 ? "Completed" : "Error",
      ...(message && { message }),
      ...times(run),
    },
  };
}

/** What exit codes of shells and launchers mean. */
function meaning(exitCode: number, program: string): string {
  if (exitCode === 127) return `exit status 127: "${program}", or a program it starts, was not found`;
  if (exitCode === 126) return `exit status 126: "${program}", or a program it starts, cannot be executed`;
  return "";
}

const times = ({ id, startedAt, finishedAt }: Run) => ({ startedAt, finishedAt, containerID: id });
