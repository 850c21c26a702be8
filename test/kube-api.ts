/** Starts the API in this process, over TLS on a free port, for the real kubectl. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Api, bootstrap, createApi, kubeconfig, serveApi } from "../src/api/index.ts";
import { createCa, issueServerCertificate } from "../src/identity/index.ts";
import { openMemoryStore } from "../src/store/index.ts";
import { kubectlPath, type KubectlVersion } from "../tools/test/kubectl.ts";
import { type Finished, run, type RunOptions } from "./weft.ts";

const ca = createCa();
const tls = issueServerCertificate(ca, { names: ["localhost"], addresses: ["127.0.0.1"] });

/** An empty API and kubectl pointed at it. */
export class KubeApi {
  readonly api: Api;
  readonly url: string;
  readonly folder: string;
  readonly #version: KubectlVersion;
  readonly #ends: (() => Promise<void>)[];

  private constructor(api: Api, url: string, version: KubectlVersion, ends: (() => Promise<void>)[]) {
    this.api = api;
    this.url = url;
    this.#version = version;
    this.#ends = ends;
    this.folder = mkdtempSync(join(tmpdir(), "weft-kubectl-"));
  }

  static async start(version: KubectlVersion): Promise<KubeApi> {
    const store = openMemoryStore();
    const api = createApi({ store });
    await bootstrap(api);
    const token = "the-right-token";
    const server = await serveApi(api, { port: 0, tls, token });
    const started = new KubeApi(api, server.url, version, [() => server.close(), () => store.close()]);
    for (const [name, said] of [
      ["kubeconfig", token],
      ["kubeconfig-of-a-stranger", "a-wrong-token"],
    ] as const)
      started.file(name, kubeconfig({ server: server.url, caPem: ca.certificate, token: said }));
    return started;
  }

  /** Writes a file into the folder kubectl runs in. */
  file(name: string, text: string): string {
    writeFileSync(join(this.folder, name), text);
    return name;
  }

  #environment(config: string): NodeJS.ProcessEnv {
    return {
      PATH: process.env["PATH"],
      HOME: this.folder,
      KUBECONFIG: join(this.folder, config),
      KUBECACHEDIR: join(this.folder, "cache"),
    };
  }

  kubectl(args: readonly string[], options: RunOptions & { readonly as?: string } = {}): Promise<Finished> {
    const { as = "kubeconfig", ...rest } = options;
    return run(kubectlPath(this.#version), args, { cwd: this.folder, env: this.#environment(as), ...rest });
  }

  /** kubectl that goes on until it is stopped; `output` grows. */
  follow(args: readonly string[]): { readonly output: () => string; readonly stop: () => Promise<void> } {
    const env = this.#environment("kubeconfig");
    const child = spawn(kubectlPath(this.#version), args, { cwd: this.folder, env, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (piece: string) => (text += piece));
    const closed = once(child, "close");
    return {
      output: () => text,
      stop: async () => {
        child.kill("SIGINT");
        await closed;
      },
    };
  }

  /** kubectl that must succeed; gives its standard output. */
  async ok(args: readonly string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.kubectl(args, input === undefined ? {} : { input });
    assert.equal(code, 0, `kubectl ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** kubectl that must fail with exit code 1; gives its standard error. */
  async refused(args: readonly string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.kubectl(args, input === undefined ? {} : { input });
    assert.equal(code, 1, `kubectl ${args.join(" ")}: ${stdout}${stderr}`);
    return stderr;
  }

  async close(): Promise<void> {
    for (const end of this.#ends) await end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
