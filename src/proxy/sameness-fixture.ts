import { createServer, type Server, type Socket } from "node:net";
import { silentLog } from "../base/index.ts";
import type { Cluster, HttpConnectionManager, Listener, Route } from "../xds/index.ts";
import type { Bootstrap } from "./bootstrap/bootstrap.ts";
import { cluster, httpListener, nodeOf, portOf, resources, talk, TestProxy, toCluster } from "./fixture.ts";
import { StaticProxy } from "./static-proxy.ts";
import { TestAuthority } from "./tls/fixture.ts";
import { downstream, ownCertificate, upstream } from "./tls/gateway-fixture.ts";

/** What both sides of a call are told to do. */
export interface CallRules {
  readonly caller?: readonly Route[];
  readonly callee?: readonly Route[];
  readonly calleeManager?: Partial<HttpConnectionManager>;
}

/** A caller and a callee of the mesh, and an application behind the callee, whichever way leads from one to the other. */
export interface Call {
  readonly name: string;
  start(app: number): Promise<void>;
  serve(rules: CallRules): Promise<void>;
  talk(text: string | readonly string[], enough: (answer: string) => boolean): Promise<string>;
  metrics(): string;
  close(): Promise<void>;
}

const nodes = { caller: nodeOf("caller"), callee: nodeOf("callee") };
const outbound = "outbound|80||callee.default.svc.cluster.local";
const inbound = "inbound|80||";
const service = {
  filter_metadata: {
    istio: { services: [{ host: "callee.default.svc.cluster.local", name: "callee", namespace: "default" }] },
  },
};
const manager: Partial<HttpConnectionManager> = { skip_xff_append: true, stream_idle_timeout: "0s" };
const calleeManager: Partial<HttpConnectionManager> = { ...manager, server_name: "istio-envoy" };

const callerListener = ({ caller = [toCluster(outbound)] }: CallRules, port: number): Listener =>
  httpListener(port, caller, manager);
const calleeListener = ({ callee = [toCluster(inbound)], calleeManager: more }: CallRules, port: number): Listener =>
  httpListener(port, callee, { ...calleeManager, ...more, direction: "INBOUND" });

/** Both served by one process: each request crosses both sides' rules, and no second connection is made. */
export class OneProcess implements Call {
  readonly name = "in one process";
  readonly #proxy = new TestProxy();
  readonly #net: string;
  #app = 0;

  constructor(net: string) {
    this.#net = net;
  }

  async start(app: number): Promise<void> {
    this.#app = app;
    const at = (name: string, last: number) => `${this.#net}.${name === "caller" ? 1 : 2}.${last}`;
    this.#proxy.host(
      [
        { node: nodes.caller, address: at("caller", 254), realAddress: at("caller", 254) },
        { node: nodes.callee, address: at("callee", 254), realAddress: "127.0.0.1" },
      ],
      [{ local: at("caller", 1), port: app, caller: nodes.caller.id, destination: "10.96.0.20" }],
    );
    await this.serve({});
  }

  async serve(rules: CallRules): Promise<void> {
    const port = this.#app;
    const address = { socket_address: { address: "10.96.0.20", port_value: port } };
    const callee: Listener = { ...calleeListener(rules, 15_006), name: "virtualInbound", use_original_dst: true };
    const own: Cluster = { name: inbound, type: "ORIGINAL_DST", lb_policy: "CLUSTER_PROVIDED", metadata: service };
    await this.#proxy.configure({
      [nodes.caller.id]: resources({
        listeners: [{ ...callerListener(rules, port), address }],
        clusters: [cluster(outbound, [`${this.#net}.2.254:${port}`], { metadata: service })],
      }),
      [nodes.callee.id]: resources({ listeners: [callee], clusters: [own] }),
    });
  }

  talk(text: string | readonly string[], enough: (answer: string) => boolean): Promise<string> {
    return talk(this.#app, text, enough, `${this.#net}.1.1`);
  }

  metrics(): string {
    return this.#proxy.metrics();
  }

  close(): Promise<void> {
    return this.#proxy.close();
  }
}

/** A process each, with mutual TLS between them. */
export class TwoProcesses implements Call {
  readonly name = "over mutual TLS between two proxies";
  readonly #authority = new TestAuthority();
  #proxies: { readonly caller: StaticProxy; readonly callee: StaticProxy } | undefined;
  #app = 0;
  #ports = { caller: 0, callee: 0 };

  async start(app: number): Promise<void> {
    this.#app = app;
    this.#ports = { caller: await freePort(), callee: await freePort() };
    await this.serve({});
  }

  async serve(rules: CallRules): Promise<void> {
    const bootstraps = { callee: this.#callee(rules), caller: this.#caller(rules) };
    this.#proxies ??= { caller: standing(bootstraps.caller), callee: standing(bootstraps.callee) };
    await this.#proxies.callee.serve(bootstraps.callee);
    await this.#proxies.caller.serve(bootstraps.caller);
  }

  talk(text: string | readonly string[], enough: (answer: string) => boolean): Promise<string> {
    return talk(this.#ports.caller, text, enough);
  }

  metrics(): string {
    const page = { method: "GET", target: "/stats/prometheus" } as const;
    const { caller, callee } = this.#proxies ?? {};
    return [caller, callee].map((proxy) => proxy?.page(page).body ?? "").join("\n");
  }

  async close(): Promise<void> {
    await this.#proxies?.caller.close();
    await this.#proxies?.callee.close();
    this.#authority.remove();
  }

  #common(name: "caller" | "callee") {
    const keyed = this.#authority.leaf(name, `URI:spiffe://cluster.local/ns/default/sa/${name}`);
    return {
      tls_certificates: [ownCertificate(keyed)],
      validation_context: { trusted_ca: { inline_string: this.#authority.root.certificate } },
    };
  }

  readonly #sockets = {
    callee: downstream(this.#common("callee"), { require_client_certificate: true }),
    caller: upstream(this.#common("caller"), { sni: "callee" }),
  };

  #callee(rules: CallRules): Bootstrap {
    const details = {
      forward_client_cert_details: "SANITIZE_SET",
      set_current_client_cert_details: { uri: true },
    } as const;
    const listener = calleeListener(
      { ...rules, calleeManager: { ...details, ...rules.calleeManager } },
      this.#ports.callee,
    );
    const chains = listener.filter_chains.map((chain) => ({ ...chain, transport_socket: this.#sockets.callee }));
    return {
      node: { id: nodes.callee.id, cluster: nodes.callee.cluster, metadata: nodes.callee.metadata },
      static_resources: {
        listeners: [{ ...onLoopback(listener, this.#ports.callee), filter_chains: chains }],
        clusters: [cluster(inbound, [`127.0.0.1:${this.#app}`], { metadata: service })],
      },
    };
  }

  #caller(rules: CallRules): Bootstrap {
    const { caller } = this.#sockets;
    return {
      node: { id: nodes.caller.id, cluster: nodes.caller.cluster, metadata: nodes.caller.metadata },
      static_resources: {
        listeners: [onLoopback(callerListener(rules, this.#ports.caller), this.#ports.caller)],
        clusters: [
          cluster(outbound, [`127.0.0.1:${this.#ports.callee}`], { metadata: service, transport_socket: caller }),
        ],
      },
    };
  }
}

const onLoopback = (listener: Listener, port: number): Listener => ({
  ...listener,
  address: { socket_address: { address: "127.0.0.1", port_value: port } },
});

const standing = (bootstrap: Bootstrap): StaticProxy =>
  new StaticProxy(bootstrap, {
    version: "test",
    log: silentLog,
    logging: { level: () => "info", set: () => true },
    quit: () => undefined,
    shared: false,
  });

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** An application that answers what it is told, and keeps what it was asked. */
export class App {
  seen: string[] = [];
  answer: (socket: Socket, asked: string) => void = () => undefined;
  #server: Server | undefined;
  readonly #open = new Set<Socket>();

  async start(): Promise<number> {
    const server = createServer((socket) => {
      this.#open.add(socket.on("error", () => undefined));
      socket.on("close", () => this.#open.delete(socket));
      let asked = "";
      socket.on("data", (bytes: Buffer) => {
        asked += bytes.toString("latin1");
        if (!whole(asked)) return;
        const request = asked;
        asked = "";
        this.seen.push(request);
        this.answer(socket, request);
      });
    });
    this.#server = server;
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    return portOf(server);
  }

  close(): void {
    for (const socket of this.#open) socket.destroy();
    this.#server?.close();
  }
}

/** Whether a whole message has come, by its own words. */
export function whole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return false;
  const head = text.slice(0, end).toLowerCase();
  if (head.includes("transfer-encoding: chunked")) return /\r\n0\r\n(?:[^\r]+\r\n)*\r\n$/.test(text);
  const length = Number(/\r\ncontent-length: (\d+)/.exec(head)?.[1] ?? 0);
  return text.length >= end + 4 + length;
}
