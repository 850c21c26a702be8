import { Fault, sleep, systemClock } from "../base/index.ts";
import { dataDirAt } from "./data-dir.ts";
import type { Progress } from "./options.ts";
import { alive, running } from "./record.ts";

/** Milliseconds a mesh has to end in order. */
const patience = 60_000;

/** Ends the mesh of a data directory and waits until it is gone; false when none runs. */
export async function takeDown(dataDir: string, progress: Progress): Promise<boolean> {
  const record = running(dataDirAt(dataDir));
  if (!record) return false;
  progress({ id: "down", label: "ending everything", state: "working" });
  process.kill(record.pid, "SIGTERM");
  const end = systemClock.monotonic() + patience;
  while (alive(record)) {
    if (systemClock.monotonic() > end) {
      progress({ id: "down", label: "ending everything", state: "failed" });
      throw new Fault("not-ended", `process ${record.pid} has not ended within ${patience / 1000} s`, {
        remedy: `end it by force with: kill -9 ${record.pid} (everything it started ends with it)`,
      });
    }
    await sleep(systemClock, 20);
  }
  progress({ id: "down", label: "ending everything", state: "done" });
  return true;
}
