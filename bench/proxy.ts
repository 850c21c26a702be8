/**
 * CPU per proxied request: user and system time of the proxy's own process, divided by the requests it carried.
 * Weft's hops, HAProxy and nginx run beside each other and take turns, so that a noisy machine is noisy for all of them.
 * `npm run bench -- proxy`
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, listening, Program } from "./program.ts";
import type { Load } from "./load-process.ts";
import type { Figure } from "./mesh.ts";
import { haproxy, nginx, type Rival } from "./rivals.ts";
import { bodies } from "./sizes.ts";

interface Subject {
  readonly name: string;
  readonly program: Program;
  readonly port: number;
}

export interface ProxyBench {
  readonly connections: number;
  /** Requests of each turn. */
  readonly requests: number;
  readonly rounds: number;
}

const usual: ProxyBench = { connections: 32, requests: 30_000, rounds: 7 };
/** Ticks of a second in /proc/<pid>/stat; the same on every Linux that Node runs on. */
const ticks = 100;
/** Proxies on one core, load and origin on another: neither steals time from the other. */
const cores = { proxy: 1, rest: 0 };

/** CPU seconds a process has used, all its threads. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}

const median = (values: readonly number[]) => {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

async function startWeft(name: string, hop: "gateway" | "sidecar", originPort: number): Promise<Subject> {
  const program = Program.node("weft-process.ts", [hop, String(originPort)], cores.proxy);
  return { name, program, port: await program.message<number>() };
}

async function startRival({ name, program, prepare }: Rival, folder: string, originPort: number): Promise<Subject> {
  const port = await freePort();
  const started = Program.of(program, prepare(folder, port, originPort), cores.proxy);
  await listening(port);
  return { name, program: started, port };
}

/** Microseconds of CPU per request, by proxy and body, each the median of all rounds. */
async function measure(subjects: readonly Subject[], load: Program, bench: ProxyBench) {
  const results = new Map<string, number[]>();
  const turn = async ({ port, program }: Subject, body: (typeof bodies)[number], requests: number): Promise<number> => {
    const before = cpuSeconds(program.pid);
    const { connections } = bench;
    load.send({ address: "127.0.0.1", port, path: body.path, body: body.bytes, connections, requests } satisfies Load);
    const answer = await load.message<{ error?: string }>();
    if (answer.error !== undefined) throw new Error(answer.error);
    return ((cpuSeconds(program.pid) - before) / requests) * 1e6;
  };
  // Unmeasured: code is compiled, connections to the origin are made.
  for (const subject of subjects) for (const body of bodies) await turn(subject, body, bench.requests);
  for (let round = 0; round < bench.rounds; round += 1) {
    for (const body of bodies) {
      for (const subject of subjects) {
        const key = `${subject.name} ${body.name}`;
        results.set(key, [...(results.get(key) ?? []), await turn(subject, body, bench.requests)]);
      }
    }
  }
  return (subject: string, body: string) => median(results.get(`${subject} ${body}`) ?? []);
}

const weftHops = ["gateway", "sidecar"] as const;

/** CPU per request of Weft's two hops and of the proxies it is held against. Throws where HAProxy or nginx is missing. */
export async function measureProxy(bench: ProxyBench = usual): Promise<readonly Figure[]> {
  for (const { name, program, package: debian } of [haproxy, nginx]) {
    if (!existsSync(program))
      throw new Error(`${name} is what Weft is measured against, and ${program} is missing: apt-get install ${debian}`);
  }
  const folder = mkdtempSync(join(tmpdir(), "weft-bench-"));
  const running: Program[] = [];
  const keep = <Started extends Program | Subject>(started: Started): Started => {
    running.push(started instanceof Program ? started : started.program);
    return started;
  };
  try {
    const origin = keep(Program.node("origin-process.ts", [], cores.rest));
    const originPort = await origin.message<number>();
    const load = keep(Program.node("load-process.ts", [], cores.rest));
    const subjects: Subject[] = [];
    for (const hop of weftHops) subjects.push(keep(await startWeft(`Weft, ${hop} hop`, hop, originPort)));
    for (const rival of [haproxy, nginx]) subjects.push(keep(await startRival(rival, folder, originPort)));
    const cost = await measure(subjects, load, bench);
    return bodies.flatMap(({ name: body }) => {
      const yardstick = cost(haproxy.name, body);
      return subjects.map(({ name }): Figure => ({
        what: `CPU per request, ${body} answer: ${name}`,
        value: `${cost(name, body).toFixed(1)} µs (${(cost(name, body) / yardstick).toFixed(2)} × HAProxy)`,
        goal: name.startsWith("Weft") ? "≤ 2 × HAProxy" : "",
      }));
    });
  } finally {
    await Promise.all(running.map((program) => program.close()));
    rmSync(folder, { recursive: true, force: true });
  }
}
