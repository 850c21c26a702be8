/** How late answers are at a constant rate. */
import { contest, type Contestant } from "../contest.ts";
import { startEnvoy, startWeft } from "../envoy.ts";
import { startHaproxy } from "../haproxy.ts";
import type { Latencies, Rate } from "../load/rate-process.ts";
import { startNginx } from "../nginx.ts";
import { answerOf, cores, Program } from "../program.ts";
import { kilobyte } from "../sizes.ts";
import { atMost, type Work } from "../work.ts";
import { requestTurns, startOrigin } from "./http1.ts";

const rate = 1000;
const connections = 16;
/** Of a turn. */
const seconds = 2.5;
/** Microseconds the load itself may be late; a turn in which it was later is made again, twice at most. */
const mostLag = 1000;

export const latency: Work = {
  title: "latency at 1000 requests/s, 1 KB, 16 connections",
  async measure(run) {
    const originPort = await startOrigin(run);
    const entrants = {
      weft: () => startWeft(run, { originPort }),
      haproxy: () => startHaproxy(run, { originPort }),
      nginx: () => startNginx(run, { originPort }),
      envoy: () => startEnvoy(run, { originPort }),
    };
    const load = run.keep(Program.node("load/rate-process.ts", [], cores.rest));
    const turn = async ({ name, subject: { port } }: Contestant) => {
      let best: Latencies | undefined;
      for (let tries = 0; tries < 3 && (best?.lag ?? Infinity) > mostLag; tries += 1) {
        load.send({ port, path: kilobyte.path, body: kilobyte.bytes, connections, rate, seconds } satisfies Rate);
        const found = await answerOf<Latencies>(load, 30_000);
        if (!best || found.lag < best.lag) best = found;
      }
      const { p50 = NaN, p99 = NaN, lag = NaN } = best ?? {};
      if (lag > mostLag) run.note(`the machine is busy: ${name} was asked up to ${(lag / 1000).toFixed(1)} ms late`);
      return [p50, p99];
    };
    const { values, absent } = await contest(run, entrants, 2, turn, requestTurns(run));
    const goals = [atMost(1, "envoy"), atMost(1.5, "haproxy")];
    return ["p50", "p99"].map((what, index) => ({ what, unit: "µs", values: values[index] ?? {}, absent, goals }));
  },
};
