/** `weft proxy -c` in a process of its own, with a bootstrap in a folder that goes away. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until, weftProgram } from "./weft.ts";

export interface ProxyOptions {
  readonly args?: readonly string[];
  readonly uid?: number;
}

interface Told {
  readonly pid: number;
  readonly listeners: readonly { readonly listener: string; readonly address: string; readonly port: number }[];
  readonly admin?: { readonly port: number };
}

export class ProxyProcess {
  readonly folder: string;
  readonly file: string;
  readonly process: ChildProcess;
  /** Exit code or signal. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  #stdout = "";
  #stderr = "";

  constructor(bootstrap: string, { args = [], uid }: ProxyOptions = {}) {
    this.folder = mkdtempSync(join(tmpdir(), "weft-proxy-"));
    this.file = join(this.folder, "envoy.yaml");
    writeFileSync(this.file, bootstrap);
    const user = uid === undefined ? {} : { uid, gid: uid };
    if (uid !== undefined) chownSync(this.folder, uid, uid);
    this.process = spawn(process.execPath, [weftProgram, "proxy", "-c", this.file, "-o", "json", ...args], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, HOME: this.folder },
      ...user,
    });
    this.process.stdout?.setEncoding("utf8").on("data", (text: string) => void (this.#stdout += text));
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => void (this.#stderr += text));
    this.ended = once(this.process, "close").then(() => this.process.exitCode ?? this.process.signalCode);
  }

  /** Resolves once it serves. */
  static async start(bootstrap: string, options: ProxyOptions = {}): Promise<ProxyProcess> {
    const proxy = new ProxyProcess(bootstrap, options);
    try {
      await until(() => {
        if (proxy.process.exitCode !== null) throw new Error("it ended");
        return proxy.#stdout.includes("\n");
      }, 30_000);
    } catch (error) {
      await proxy.close();
      throw new Error(`weft proxy does not serve: ${proxy.stderr}`, { cause: error });
    }
    return proxy;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get #told(): Told {
    return JSON.parse(this.#stdout.split("\n", 1)[0] ?? "") as Told;
  }

  /** The port a listener is bound to. */
  port(listener: string): number {
    const found = this.#told.listeners.find((each) => each.listener === listener);
    if (!found) throw new Error(`no listener ${listener}`);
    return found.port;
  }

  get admin(): string {
    return `http://127.0.0.1:${this.#told.admin?.port ?? 0}`;
  }

  /** The processes that carry its traffic, when it is not its own. */
  get workers(): number[] {
    const { pid } = this.process;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim();
    return children === "" ? [] : children.split(" ").map(Number);
  }

  /** As editors do it: another file takes the place. */
  rewrite(bootstrap: string): void {
    writeFileSync(`${this.file}.new`, bootstrap);
    renameSync(`${this.file}.new`, this.file);
  }

  /** Waits until it said this on standard error. */
  said(what: string | RegExp): Promise<void> {
    return until(() => (typeof what === "string" ? this.stderr.includes(what) : what.test(this.stderr)));
  }

  async close(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Listeners `web` (HTTP) and `raw` (TCP) on free ports in front of two programs, and admin pages. */
export function frontProxy({
  web,
  raw = web,
  says = "first",
}: {
  readonly web: number;
  readonly raw?: number;
  /** A response field that tells one configuration from another. */
  readonly says?: string;
}): string {
  return `admin:
  address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
static_resources:
  listeners:
  - name: web
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: web
          codec_type: AUTO
          route_config:
            name: local
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: { prefix: /direct }
                direct_response: { status: 418, body: { inline_string: "short and stout" } }
              - match: { prefix: / }
                route: { cluster: web, timeout: 20s }
                response_headers_to_add:
                - header: { key: x-says, value: ${says} }
          http_filters:
          - name: envoy.filters.http.router
            typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
  - name: raw
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.tcp_proxy
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: raw
          cluster: raw
  clusters:
  - name: web
    type: STATIC
    connect_timeout: 1s
    load_assignment:
      cluster_name: web
      endpoints:
      - lb_endpoints:
        - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${web} } } }
  - name: raw
    type: STRICT_DNS
    dns_lookup_family: V4_ONLY
    load_assignment:
      cluster_name: raw
      endpoints:
      - lb_endpoints:
        - endpoint: { address: { socket_address: { address: localhost, port_value: ${raw} } } }
`;
}
