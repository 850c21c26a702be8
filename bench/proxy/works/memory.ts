/** Memory of a gateway at rest, and of each connection that is open and says nothing. */
import { setTimeout as sleep } from "node:timers/promises";
import { residentKilobytes } from "../account.ts";
import { contest, type Contestant } from "../contest.ts";
import { startEnvoy, startWeft } from "../envoy.ts";
import { startHaproxy } from "../haproxy.ts";
import type { Idle } from "../load/idle-process.ts";
import { startNginx } from "../nginx.ts";
import { answerOf, cores, Program } from "../program.ts";
import { kilobyte } from "../sizes.ts";
import { atMost, type Work } from "../work.ts";
import { requestTurns, startOrigin } from "./http1.ts";

const connections = 10_000;
/** Milliseconds after which a process is said to rest. */
const rest = 2000;

export const memory: Work = {
  title: "memory",
  async measure(run) {
    const originPort = await startOrigin(run);
    const entrants = {
      weft: () => startWeft(run, { originPort }),
      haproxy: () => startHaproxy(run, { originPort }),
      nginx: () => startNginx(run, { originPort }),
      envoy: () => startEnvoy(run, { originPort }),
    };
    const load = run.keep(Program.node("load/idle-process.ts", [], cores.rest));
    const hold = async (port: number, count: number) => {
      load.send({ port, path: kilobyte.path, body: kilobyte.bytes, connections: count } satisfies Idle);
      await answerOf(load, 60_000);
      await sleep(rest);
    };
    const started = new Map<string, number>();
    const turn = async ({ name, subject: { port }, pids }: Contestant) => {
      const before = residentKilobytes(pids);
      await hold(port, connections);
      const held = residentKilobytes(pids) - before;
      await hold(port, 0);
      return [(started.get(name) ?? 0) / 1024, before / 1024, held / connections];
    };
    // Memory that was used once is not given back, so only the first connections tell what they cost.
    const once = { ...run, rounds: 1 };
    const requests = requestTurns(run);
    const { values, absent } = await contest(once, entrants, 3, turn, async (contestant) => {
      await sleep(rest);
      if (!started.has(contestant.name)) started.set(contestant.name, residentKilobytes(contestant.pids));
      await requests(contestant);
    });
    const fresh = { what: "a gateway at rest that has just started", unit: "MB", goals: [atMost(90)] };
    const used = { what: "a gateway at rest after 40 000 requests", unit: "MB", goals: [atMost(90)] };
    const idle = { what: "each of 10 000 idle connections", unit: "KB", goals: [atMost(12)] };
    return [fresh, used, idle].map((measured, index) => ({ ...measured, values: values[index] ?? {}, absent }));
  },
};
