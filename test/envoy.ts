/** The Envoy that stories compare with, where there is one: `npm run envoy` fetches it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { envoyPath } from "../tools/envoy/envoy.ts";
import { ask, type Finished, run, until } from "./weft.ts";

/** Undefined: comparisons are left out. One test of `test/proxy.test.ts` says so. */
export const envoy = envoyPath();

/** What `--mode validate` says of a bootstrap. */
export async function validateByEnvoy(program: string, bootstrap: string): Promise<Finished> {
  const folder = mkdtempSync(join(tmpdir(), "weft-envoy-"));
  const file = join(folder, "envoy.yaml");
  writeFileSync(file, bootstrap);
  try {
    return await run(program, [...quiet, "--mode", "validate", "-c", file]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface RunningEnvoy {
  /** Of each listener by its name, the port bound. */
  readonly ports: ReadonlyMap<string, number>;
  readonly admin: string;
  close(): Promise<void>;
}

/** Runs an Envoy; the bootstrap must have admin pages on a free port of 127.0.0.1. */
export async function startEnvoy(program: string, bootstrap: string): Promise<RunningEnvoy> {
  const folder = mkdtempSync(join(tmpdir(), "weft-envoy-"));
  const file = join(folder, "envoy.yaml");
  writeFileSync(file, bootstrap);
  const place = join(folder, "admin");
  const args = [...quiet, "--concurrency", "1", "--drain-time-s", "1", "--admin-address-path", place, "-c", file];
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (said += text));
  const closed = once(child, "close");
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await closed;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    let admin = "";
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`Envoy ended: ${said}`);
      admin = `http://${readFileSync(place, "utf8").trim()}`;
      return (await ask(`${admin}/ready`)).status === 200;
    });
    const { body } = await ask(`${admin}/listeners?format=json`);
    const { listener_statuses } = JSON.parse(body) as {
      listener_statuses: { name: string; local_address: { socket_address: { port_value: number } } }[];
    };
    const ports = new Map(
      listener_statuses.map(({ name, local_address }) => [name, local_address.socket_address.port_value]),
    );
    return { ports, admin, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Several may run at once, and only what goes wrong is told. */
const quiet = ["--use-dynamic-base-id", "--log-level", "error"];
