/** Weft and Envoy, from the same bootstrap. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { envoyPath } from "../../tools/envoy/envoy.ts";
import { bootstrap, type CertificateFiles, type Hop } from "./bootstrap.ts";
import { cores, freePort, listening, Program } from "./program.ts";
import type { Run, Subject } from "./work.ts";

/** A hop whose port is chosen when it is started. */
export type HopWanted = Omit<Hop, "port">;

const launcher = join(import.meta.dirname, "../../bin/weft.js");

export function startEnvoy(run: Run, hop: HopWanted, certificates?: CertificateFiles): Promise<Subject> {
  const args = ["--use-dynamic-base-id", "--concurrency", "1", "--log-level", "error", "-c"];
  return start(run, hop, certificates, (file) => Program.of(envoyPath() ?? "", [...args, file], { core: cores.proxy }));
}

export function startWeft(run: Run, hop: HopWanted, certificates?: CertificateFiles): Promise<Subject> {
  const env = run.profiles ? profiling(run.profiles) : {};
  return start(run, hop, certificates, (file) =>
    Program.of(process.execPath, [launcher, "proxy", "-c", file, "--drain-time-s", "0"], { core: cores.proxy, env }),
  );
}

/** What makes Node write down what it spent its time on. */
export function profiling(folder: string): NodeJS.ProcessEnv {
  return { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder} --cpu-prof-interval=200` };
}

async function start(
  run: Run,
  wanted: HopWanted,
  certificates: CertificateFiles | undefined,
  program: (file: string) => Program,
): Promise<Subject> {
  const port = await freePort();
  const file = join(run.folder, `envoy-${port}.yaml`);
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(bootstrap({ ...wanted, port }, await freePort(), certificates), undefined, 2));
  const started = run.keep(program(file));
  await listening(port, started);
  return { programs: [started], port };
}
