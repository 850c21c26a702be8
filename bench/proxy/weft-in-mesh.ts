/** Weft as it runs in a mesh: configured over xDS, with the rules of caller and callee in one process. */
import { profiling } from "./envoy.ts";
import { cores, Program } from "./program.ts";
import type { Run, Subject } from "./work.ts";

export async function startInMesh(run: Run, hop: "gateway" | "sidecar", originPort: number): Promise<Subject> {
  const env = run.profiles ? profiling(run.profiles) : {};
  const program = run.keep(Program.node("weft-process.ts", [hop, String(originPort)], cores.proxy, env));
  return { programs: [program], port: await program.message<number>() };
}
