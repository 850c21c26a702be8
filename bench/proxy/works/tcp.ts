/** Bytes as they are: writes of 64 KB from four clients to a server that reads them. */
import { contest, cpuOf } from "../contest.ts";
import { startEnvoy, startWeft } from "../envoy.ts";
import { startHaproxy } from "../haproxy.ts";
import { writeBytes, type Stream } from "../load/stream-process.ts";
import { answerOf, cores, Program } from "../program.ts";
import { atLeast, type Work } from "../work.ts";

const connections = 4;
/** Of each connection in a turn: 256 MB. */
const writes = 4096;

export const tcp: Work = {
  title: "TCP, 64 KB writes",
  async measure(run) {
    const sink = run.keep(Program.node("load/sink-process.ts", [], cores.rest));
    const originPort = await sink.message<number>();
    const entrants = {
      weft: () => startWeft(run, { originPort, tcp: true }),
      haproxy: () => startHaproxy(run, { originPort, mode: "tcp" }),
      nginx: "its stream module is another package",
      envoy: () => startEnvoy(run, { originPort, tcp: true }),
    };
    const load = run.keep(Program.node("load/stream-process.ts", [], cores.rest));
    const { values, absent } = await contest(run, entrants, 1, async (contestant) => {
      const question: Stream = { port: contestant.subject.port, connections, writes };
      const seconds = await cpuOf(contestant, async () => {
        load.send(question);
        await answerOf(load, 30_000);
      });
      return [(connections * writes * writeBytes) / 1e6 / seconds];
    });
    const goals = [atLeast(0.7, "haproxy")];
    return [{ what: "bytes per CPU second", unit: "MB", values: values[0] ?? {}, absent, goals }];
  },
};
