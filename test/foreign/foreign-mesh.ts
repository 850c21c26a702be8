/** A mesh of programs that know nothing of Weft, and three clients in it that run shell errands for a test. */
import assert from "node:assert/strict";
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask, run, until, Weft } from "../weft.ts";

const fixtures = import.meta.dirname;

export type Client = "client" | "bare" | "visitor";

export interface Errand {
  readonly text: string;
  readonly code: number;
}

export interface PodAddresses {
  readonly advertised: string;
  readonly real: string;
}

export class ForeignMesh {
  readonly weft: Weft;
  /** Where the test's own server listens on this machine's 127.0.0.1. */
  readonly hostPort: number;
  /** Requests the test's own server got: the `Host` of each. */
  readonly hostRequests: string[];
  readonly #folder: string;
  readonly #host: Server;
  #errands = 0;

  private constructor(weft: Weft, folder: string, host: Server, hostRequests: string[]) {
    this.weft = weft;
    this.#folder = folder;
    this.#host = host;
    this.hostRequests = hostRequests;
    this.hostPort = (host.address() as AddressInfo).port;
  }

  static async up(uid?: number): Promise<ForeignMesh> {
    const folder = mkdtempSync(join(tmpdir(), "weft-foreign-"));
    const programs = join(folder, "programs");
    const errands = join(folder, "errands");
    chmodSync(folder, 0o755);
    cpSync(join(fixtures, "programs"), programs, { recursive: true });
    const built = await run("cc", ["-O1", "-o", join(programs, "greeter"), join(programs, "greeter.c")]);
    assert.equal(built.code, 0, built.stderr);
    for (const name of ["", "client", "bare", "visitor"]) {
      mkdirSync(join(errands, name));
      if (uid !== undefined) chownSync(join(errands, name), uid, uid);
    }
    const hostRequests: string[] = [];
    const host = createServer((request, response) => {
      hostRequests.push(request.headers.host ?? "");
      response.end("from the user's own machine\n");
    });
    await new Promise<void>((resolve) => host.listen(0, "127.0.0.1", resolve));
    const { port } = host.address() as AddressInfo;
    for (const name of ["web", "languages", "clients"]) {
      const text = readFileSync(join(fixtures, `${name}.yaml`), "utf8")
        .replaceAll("PROGRAMS", programs)
        .replaceAll("ERRANDS", errands)
        .replaceAll("HOST_PORT", String(port));
      writeFileSync(join(folder, `${name}.yaml`), text);
    }
    try {
      const files = ["web", "languages", "clients"].map((name) => join(folder, `${name}.yaml`));
      const weft = await Weft.up(files, { network: "netns", ...(uid === undefined ? {} : { uid }) });
      return new ForeignMesh(weft, folder, host, hostRequests);
    } catch (error) {
      host.close();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Runs a shell script in the pod of a client. */
  async errand(client: Client, script: string): Promise<Errand> {
    const at = join(this.#folder, "errands", client, String(++this.#errands));
    writeFileSync(`${at}.new`, script);
    renameSync(`${at}.new`, `${at}.sh`);
    await until(() => existsSync(`${at}.out`), 20_000);
    const said = readFileSync(`${at}.out`, "utf8");
    const [, text = "", code = ""] = /^([^]*?)exit (\d+)\n$/.exec(said) ?? assert.fail(said);
    return { text, code: Number(code) };
  }

  /** What a script says that must succeed. */
  async says(client: Client, script: string): Promise<string> {
    const { text, code } = await this.errand(client, script);
    assert.equal(code, 0, `${script}: ${text}`);
    return text;
  }

  /** The sum of a metric over the series that have these labels. */
  async count(metric: string, labels: Readonly<Record<string, string>>): Promise<number> {
    const { body } = await ask((await this.#summary()).metrics);
    const wanted = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
    return body
      .split("\n")
      .filter((line) => line.startsWith(`${metric}{`) && wanted.every((label) => has(line, label)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
  }

  /** How much a metric grows while something is done. */
  async growth(
    metric: string,
    labels: Readonly<Record<string, string>>,
    work: () => Promise<unknown>,
  ): Promise<number> {
    const before = await this.count(metric, labels);
    await work();
    return (await this.count(metric, labels)) - before;
  }

  async pods(app: string, namespace = "default"): Promise<PodAddresses[]> {
    const text = await this.weft.kubectlOk(["get", "pods", "-n", namespace, "-l", `app=${app}`, "-o", "json"]);
    const { items } = JSON.parse(text) as { items: { status: { podIP: string } }[] };
    return items.map(({ status }) => ({
      advertised: status.podIP,
      real: status.podIP.replace(/^10\.244\./, "10.245."),
    }));
  }

  logs(app: string, container: string): Promise<string> {
    return this.weft.kubectlOk(["logs", "-l", `app=${app}`, "-c", container, "--tail=-1"]);
  }

  #known: Awaited<ReturnType<Weft["status"]>> | undefined;

  async #summary() {
    this.#known ??= await this.weft.status();
    return this.#known;
  }

  async close(): Promise<void> {
    await this.weft.close();
    this.#host.closeAllConnections();
    this.#host.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const has = (line: string, label: string) => line.includes(`{${label}`) || line.includes(`,${label}`);
