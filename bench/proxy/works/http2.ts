/** HTTP/2 with prior knowledge on both sides: 1 KB answers of a server of other people, and unary gRPC. */
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:http2";
import { join } from "node:path";
import { contest, cpuOf, type Entrants } from "../contest.ts";
import { startEnvoy, startWeft } from "../envoy.ts";
import { h2load, type StreamLoad } from "../h2load.ts";
import { startHaproxy } from "../haproxy.ts";
import { startNginx } from "../nginx.ts";
import { cores, freePort, listening, Program } from "../program.ts";
import { kilobyte } from "../sizes.ts";
import { atMost, type Measure, type Run, type Work } from "../work.ts";

/** The requests of a turn. */
const requests = 20_000;
const goals = [atMost(2, "haproxy"), atMost(0.6, "envoy")];

/** nghttp2's own server, with a file of a kilobyte. */
async function startFiles(run: Run): Promise<number> {
  const folder = join(run.folder, "files");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, kilobyte.path), "x".repeat(kilobyte.bytes));
  const port = await freePort();
  const program = run.keep(Program.of("nghttpd", ["--no-tls", "-d", folder, String(port)], { core: cores.rest }));
  await listening(port, program);
  return port;
}

function entrantsOf(run: Run, originPort: number): Entrants {
  return {
    weft: () => startWeft(run, { originPort, http2: true }),
    haproxy: () => startHaproxy(run, { originPort, bind: "proto h2", server: "proto h2" }),
    envoy: () => startEnvoy(run, { originPort, http2: true }),
  };
}

async function streams(run: Run, entrants: Entrants, load: Omit<StreamLoad, "port">, check?: typeof trailers) {
  const once = (port: number) => h2load({ ...load, port });
  return contest(
    run,
    entrants,
    1,
    async (contestant) => {
      const seconds = await cpuOf(contestant, () => once(contestant.subject.port));
      return [(seconds / load.requests) * 1e6];
    },
    async ({ subject }) => {
      await check?.(subject.port);
      await once(subject.port);
    },
  );
}

const measures = (values: Measure["values"] = {}, absent: Measure["absent"]): readonly Measure[] => [
  { what: "CPU per request", unit: "µs", values, absent, goals },
];

export const http2: Work = {
  title: "HTTP/2, 8 connections × 8 streams, 1 KB",
  async measure(run) {
    const originPort = await startFiles(run);
    const entrants = { ...entrantsOf(run, originPort), nginx: "speaks no HTTP/2 with servers" };
    const { values, absent } = await streams(run, entrants, { path: kilobyte.path, requests });
    return measures(values[0], absent);
  },
};

export const grpc: Work = {
  title: "gRPC unary, 8 connections × 8 streams",
  async measure(run) {
    const origin = run.keep(Program.node("load/grpc-origin-process.ts", [], cores.rest));
    const originPort = await origin.message<number>();
    const entrants = { ...entrantsOf(run, originPort), nginx: () => startNginx(run, { originPort, grpc: true }) };
    const body = join(run.folder, "message");
    writeFileSync(body, message);
    const load = { path: method, requests, body, headers: ["content-type: application/grpc", "te: trailers"] };
    const { values, absent } = await streams(run, entrants, load, trailers);
    return measures(values[0], absent);
  },
};

const method = "/shop.Shop/Buy";
/** Not compressed, its length, its bytes. */
const message = Buffer.concat([Buffer.of(0, 0, 0, 0, 100), Buffer.alloc(100, "x")]);

/** The load generator does not look at trailers; this does, once. */
function trailers(port: number): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const session = connect(`http://127.0.0.1:${port}`, undefined, () => {
      const stream = session.request({
        ":method": "POST",
        ":path": method,
        "content-type": "application/grpc",
        te: "trailers",
      });
      stream.setTimeout(5000, () => reject(new Error("a gRPC call was not answered within 5 s")));
      stream.on("error", reject);
      stream.on("trailers", (fields) => {
        if (fields["grpc-status"] === "0") resolve();
        else reject(new Error(`grpc-status was ${String(fields["grpc-status"])}`));
      });
      stream.on("close", () => {
        session.close();
        reject(new Error("a gRPC call was answered without trailers"));
      });
      stream.resume().end(message);
    });
    session.on("error", reject);
  });
}
