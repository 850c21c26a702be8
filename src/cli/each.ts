import { codeOf, explain } from "../base/index.ts";
import type { Placed } from "./apply-order.ts";
import type { Terminal } from "./terminal.ts";
import { titleOf } from "./wanted.ts";

/** Does something with each object. One that fails is reported, and the others have their turn; the exit code tells. */
export async function each<T extends Placed>(
  { err }: Terminal,
  objects: readonly T[],
  run: (placed: T) => Promise<void>,
): Promise<number> {
  let failed = 0;
  for (const placed of objects) {
    try {
      await run(placed);
    } catch (error) {
      if (codeOf(error) === "api-unreachable") throw error;
      failed += 1;
      err(`weft: ${titleOf(placed.kind, placed.object)}: ${explain(error)}\n`);
    }
  }
  return failed > 0 ? 1 : 0;
}
