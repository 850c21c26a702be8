import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { silentLog, systemClock, type Clock } from "../base/index.ts";
import {
  AdsServer,
  filterTypes,
  Multiplexer,
  type Cluster,
  type HttpConnectionManager,
  type Listener,
  type Node,
  type ResourceSet,
  type Route,
  type TcpProxy,
} from "../xds/index.ts";
import { expose } from "../metrics/index.ts";
import type { FromProxy, HostedWorkload, LoopbackAddress } from "./contract.ts";
import { Proxy } from "./proxy.ts";

/** A proxy in this process with small configurations, for tests. */
export class TestProxy {
  readonly proxy: Proxy;
  readonly troubles: string[] = [];
  readonly #ads = new AdsServer();
  readonly #channels: Multiplexer;
  readonly #servers: Server[] = [];
  /** What nodes would be told, where it is held back. */
  readonly #held = new Map<string, unknown[]>();

  constructor(clock: Clock = systemClock) {
    this.#channels = new Multiplexer(
      (node, message) => setImmediate(() => this.#tell(node, message)),
      (_, channel) => this.#ads.connect(channel),
    );
    this.proxy = new Proxy({
      send: (message) => this.#receive(message),
      version: "test",
      clock,
      log: silentLog,
      logging: { level: () => "info", set: () => true },
      quit: () => undefined,
    });
  }

  /** What nodes get; again for a change. Resolves once it is in force. */
  async configure(sets: Readonly<Record<string, Partial<ResourceSet>>>): Promise<void> {
    for (const [node, set] of Object.entries(sets)) this.#ads.setResources(node, { ...nothing, ...set });
    while (!Object.keys(sets).every((node) => this.#ads.synced(node))) await turn();
    await turn();
  }

  /** Holds back what the control plane says to a node, until `release`. */
  hold(node: string): void {
    this.#held.set(node, []);
  }

  release(node: string): void {
    const messages = this.#held.get(node) ?? [];
    this.#held.delete(node);
    for (const message of messages) this.#tell(node, message);
  }

  #tell(node: string, message: unknown): void {
    const held = this.#held.get(node);
    if (held) held.push(message);
    else this.proxy.receive({ kind: "xds", node, message });
  }

  host(workloads: readonly HostedWorkload[], addresses: readonly LoopbackAddress[] = []): void {
    const ids = new Set(workloads.map(({ node }) => node.id));
    for (const id of this.#ads.connected()) if (!ids.has(id)) this.#channels.close(id);
    this.proxy.receive({ kind: "workloads", workloads, capture: { kind: "loopback", addresses } });
  }

  /** Opens a gateway's port; returns the one bound. */
  async gateway(node: string, port: number): Promise<number> {
    const server = await listen();
    this.#servers.push(server);
    this.proxy.receive({ kind: "listen", purpose: "gateway", node, port }, server);
    return portOf(server);
  }

  metrics(): string {
    return expose([this.proxy.registry], { format: "prometheus" });
  }

  async close(): Promise<void> {
    for (const server of this.#servers) server.close();
    await this.proxy.close();
  }

  #receive(message: FromProxy): void {
    switch (message.kind) {
      case "xds":
        return void setImmediate(() => this.#channels.receive(message.node, message.message));
      case "trouble":
        return void this.troubles.push(message.message);
      case "connect": {
        const socket = connect({ host: message.host, port: message.port });
        socket.pause();
        socket.once("error", (error) =>
          this.proxy.receive({ kind: "connected", id: message.id, error: error.message }),
        );
        socket.once("connect", () => {
          socket.removeAllListeners("error");
          this.proxy.receive({ kind: "connected", id: message.id }, socket);
        });
        return;
      }
      case "resolve":
        return this.proxy.receive({ kind: "resolved", id: message.id, addresses: ["127.0.0.1"] });
      case "ready":
      case "serves":
    }
  }
}

const nothing: ResourceSet = {
  listener: new Map(),
  route: new Map(),
  cluster: new Map(),
  endpoint: new Map(),
  names: new Map(),
};

const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));

export const portOf = (server: Server): number => (server.address() as AddressInfo).port;

export function listen(accept?: (socket: Socket) => void, address = "127.0.0.1", port = 0): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true }, accept);
    server.on("error", reject);
    server.listen(port, address, () => resolve(server));
  });
}

export function nodeOf(name: string, labels: Readonly<Record<string, string>> = {}, meshed = true): Node {
  return {
    id: `${name === "gateway" ? "router" : "sidecar"}~127.0.0.1~${name}.default~default.svc.cluster.local`,
    cluster: `${name}.default`,
    metadata: {
      NAME: name,
      NAMESPACE: "default",
      WORKLOAD_NAME: name,
      SERVICE_ACCOUNT: name,
      CLUSTER_ID: "Kubernetes",
      MESH_ID: "cluster.local",
      LABELS: { app: name, version: "v1", ...labels },
      INSTANCE_IPS: "127.0.0.1",
      MESHED: meshed,
    },
  };
}

/** A listener whose requests meet these routes. */
export function httpListener(
  port: number,
  routes: readonly Route[],
  options: Partial<HttpConnectionManager> & { readonly direction?: "INBOUND" | "OUTBOUND" } = {},
): Listener {
  const { direction = "OUTBOUND", ...more } = options;
  const typed: HttpConnectionManager = {
    "@type": filterTypes.httpConnectionManager,
    stat_prefix: "test",
    route_config: { name: `routes-${port}`, virtual_hosts: [{ name: "all", domains: ["*"], routes }] },
    http_filters: [{ name: "router", typed_config: { "@type": filterTypes.router } }],
    normalize_path: true,
    upgrade_configs: [{ upgrade_type: "websocket" }],
    ...more,
  };
  return {
    name: `${direction}_${port}`,
    address: { socket_address: { address: "0.0.0.0", port_value: port } },
    traffic_direction: direction,
    filter_chains: [{ filters: [{ name: "http", typed_config: typed }] }],
  };
}

export function tcpListener(port: number, cluster: string, direction: "INBOUND" | "OUTBOUND" = "OUTBOUND"): Listener {
  const typed: TcpProxy = { "@type": filterTypes.tcpProxy, stat_prefix: "test", cluster };
  return {
    name: `${direction}_${port}`,
    address: { socket_address: { address: "0.0.0.0", port_value: port } },
    traffic_direction: direction,
    filter_chains: [{ filters: [{ name: "tcp", typed_config: typed }] }],
  };
}

export function cluster(name: string, endpoints: readonly string[], more: Partial<Cluster> = {}): Cluster {
  return {
    name,
    type: "STATIC",
    load_assignment: {
      cluster_name: name,
      endpoints: [
        {
          lb_endpoints: endpoints.map((endpoint) => {
            const [address = "", port] = endpoint.split(":");
            return { endpoint: { address: { socket_address: { address, port_value: Number(port) } } } };
          }),
        },
      ],
    },
    ...more,
  };
}

export function resources(parts: {
  readonly listeners?: readonly Listener[];
  readonly clusters?: readonly Cluster[];
}): Partial<ResourceSet> {
  return {
    listener: new Map((parts.listeners ?? []).map((listener) => [listener.name, listener])),
    cluster: new Map((parts.clusters ?? []).map((each) => [each.name, each])),
  };
}

export const toCluster = (name: string, action: Partial<NonNullable<Route["route"]>> = {}): Route => ({
  match: { prefix: "/" },
  route: { cluster: name, timeout: "0s", ...action },
});

/** Sends text on a connection of its own and reads until the peer closes, or `enough` says so. */
export function talk(
  port: number,
  text: string | readonly string[],
  enough: (answer: string) => boolean = () => false,
  address = "127.0.0.1",
): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, address, () => {
      const pieces = typeof text === "string" ? [text] : [...text];
      const next = () => {
        const piece = pieces.shift();
        if (piece === undefined || socket.destroyed) return;
        socket.write(piece, "latin1", () => setTimeout(next, 2));
      };
      next();
    });
    socket.setNoDelay(true);
    const finish = () => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(5000, () => {
      socket.destroy();
      reject(new Error(`no more within 5 s after ${JSON.stringify(answer)}`));
    });
    socket.on("data", (bytes) => {
      answer += bytes.toString("latin1");
      if (enough(answer)) finish();
    });
    socket.on("end", finish);
    socket.on("error", (error) => {
      if ("code" in error && error.code === "ECONNRESET") resolve(`${answer}<reset>`);
      else reject(error);
    });
  });
}
