/** Where the time of a process went, from what `node --cpu-prof` writes. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

/** Functions shown. */
const most = 30;

/** The functions that used the most CPU themselves in all profiles of a folder, as lines of text. */
export function topFunctions(folder: string): string {
  const times = new Map<string, number>();
  let busy = 0;
  for (const file of readdirSync(folder)) {
    const profile = JSON.parse(readFileSync(join(folder, file), "utf8")) as CpuProfile;
    const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
    for (const [index, id] of profile.samples.entries()) {
      const name = names.get(id) ?? "";
      if (name === "(idle)") continue;
      const time = profile.timeDeltas[index] ?? 0;
      busy += time;
      times.set(name, (times.get(name) ?? 0) + time);
    }
  }
  const sorted = [...times].toSorted(([, one], [, other]) => other - one).slice(0, most);
  return sorted.map(([name, time]) => `${((100 * time) / busy).toFixed(1).padStart(5)} %  ${name}\n`).join("");
}

/** What has no file is the engine's, or a function of the system. */
function nameOf({ functionName, url, lineNumber }: CpuProfile["nodes"][number]["callFrame"]): string {
  return url === "" ? functionName : `${functionName || "(anonymous)"}  ${basename(url)}:${lineNumber + 1}`;
}
