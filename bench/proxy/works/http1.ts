/** HTTP/1.1 through a gateway: kept connections on both sides, one request at a time on each. */
import { contest, cpuOf, type Contestant } from "../contest.ts";
import { startEnvoy, startWeft } from "../envoy.ts";
import { startHaproxy } from "../haproxy.ts";
import type { Load } from "../load/requests-process.ts";
import { startNginx } from "../nginx.ts";
import { answerOf, cores, Program } from "../program.ts";
import { kilobyte } from "../sizes.ts";
import { atMost, type Run, type Work } from "../work.ts";

/** The requests of a turn. */
const requests = 20_000;
const connections = 32;

/** A server of prepared answers, and its port. */
export async function startOrigin(run: Run): Promise<number> {
  return run.keep(Program.node("load/origin-process.ts", [], cores.rest)).message<number>();
}

/** Turns of so many requests; what they cost, microseconds each. */
export function requestTurns(run: Run) {
  const load = run.keep(Program.node("load/requests-process.ts", [], cores.rest));
  return async (contestant: Contestant): Promise<readonly number[]> => {
    const { port } = contestant.subject;
    const question: Load = { port, path: kilobyte.path, body: kilobyte.bytes, connections, requests };
    const seconds = await cpuOf(contestant, async () => {
      load.send(question);
      await answerOf(load, 30_000);
    });
    return [(seconds / requests) * 1e6];
  };
}

export const http1: Work = {
  title: "HTTP/1.1 gateway, 1 KB",
  async measure(run) {
    const originPort = await startOrigin(run);
    const entrants = {
      weft: () => startWeft(run, { originPort }),
      haproxy: () => startHaproxy(run, { originPort }),
      nginx: () => startNginx(run, { originPort }),
      envoy: () => startEnvoy(run, { originPort }),
    };
    const { values, absent } = await contest(run, entrants, 1, requestTurns(run));
    const goals = [atMost(1.3, "haproxy"), atMost(0.4, "envoy")];
    return [{ what: "CPU per request", unit: "µs", values: values[0] ?? {}, absent, goals }];
  },
};
