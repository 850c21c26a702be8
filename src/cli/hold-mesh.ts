import type { Progress, RunningMesh, Summary, UpOptions } from "../app/index.ts";
import { sleep } from "../base/index.ts";
import type { Compositions } from "./compositions.ts";
import type { Terminal } from "./terminal.ts";

/** Who is told how a mesh fares. */
export interface Witness {
  readonly progress: Progress;
  /** It runs; not everything has to be ready. */
  up(summary: Summary): void;
  /** It was not ready when it came up, and is now. */
  ready(): void;
  /** Somebody asked it to end. */
  ending(): void;
  ended(): void;
}

/** Milliseconds between two looks at a mesh that is up but not ready. */
const lookAgain = 1000;

/** Runs a mesh until somebody asks it to end (0), or throws what ended it. Asked twice, the process ends at once; what it started ends with it. */
export async function holdMesh(
  options: UpOptions,
  { runUp }: Compositions,
  { onStop, clock }: Terminal,
  witness: Witness,
): Promise<number> {
  const aborter = new AbortController();
  const { signal } = aborter;
  const asked = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  const stop = () => {
    witness.ending();
    aborter.abort();
  };
  const forget = onStop(stop, () => process.exit(130));
  try {
    const mesh = await runUp(options, witness.progress, signal);
    const summary = await mesh.summary();
    if (!signal.aborted) witness.up(summary);
    const watching = summary.ready ? undefined : untilReady(mesh);
    await Promise.race([asked, mesh.closed]);
    aborter.abort();
    await mesh.close();
    await watching;
    witness.ended();
    return 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    witness.ended();
    return 0;
  } finally {
    forget();
  }

  async function untilReady(mesh: RunningMesh): Promise<void> {
    while (!signal.aborted) {
      await sleep(clock, lookAgain, signal);
      const isReady = await mesh.summary().then(
        ({ ready }) => ready,
        () => false,
      );
      if (signal.aborted || !isReady) continue;
      witness.ready();
      return;
    }
  }
}
