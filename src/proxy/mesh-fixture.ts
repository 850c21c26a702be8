import type { Server, Socket } from "node:net";
import {
  filterTypes,
  type Cluster,
  type FilterChain,
  type Listener,
  type Node,
  type ResourceSet,
} from "../xds/index.ts";
import type { HostedWorkload, LoopbackAddress } from "./contract.ts";
import {
  cluster,
  httpListener,
  listen,
  nodeOf,
  portOf,
  resources,
  tcpListener,
  TestProxy,
  toCluster,
} from "./fixture.ts";

export type Layer = "http" | "tcp" | "detected";

let network = 0;

/**
 * Workloads `a` and `c` of the mesh, `plain` outside of it, all callers of service `b`, on loopback addresses as
 * `weft up` uses them. `b` is in the mesh, `d` (called the same way) is not.
 */
export class TestMesh {
  readonly proxy = new TestProxy();
  /** Where the applications of `b` and `d` listen; also the services' port. */
  port = 0;
  readonly #net = `127.7${++network}`;
  readonly #origins: Server[] = [];
  readonly nodes: Readonly<Record<string, Node>> = {
    a: nodeOf("a"),
    c: nodeOf("c"),
    plain: nodeOf("plain", {}, false),
    b: nodeOf("b"),
    d: nodeOf("d", {}, false),
  };

  node(name: string): Node {
    const node = this.nodes[name];
    if (!node) throw new Error(`no workload ${name}`);
    return node;
  }

  /** The address of a workload's pod. */
  pod(name: string): string {
    return `${this.#net}.${Object.keys(this.nodes).indexOf(name)}.254`;
  }

  /** Where `caller` reaches a service. */
  service(caller: string, callee: "b" | "d" = "b"): string {
    return `${this.#net}.${Object.keys(this.nodes).indexOf(caller)}.${callee === "b" ? 1 : 2}`;
  }

  async start(accept: (socket: Socket) => void): Promise<void> {
    const first = await listen(accept, this.pod("b"));
    this.port = portOf(first);
    this.#origins.push(first, await listen(accept, this.pod("d"), this.port));
    this.proxy.host(this.hosted(), this.addresses());
  }

  hosted(): readonly HostedWorkload[] {
    return Object.entries(this.nodes).map(([name, node]) => ({
      node,
      address: this.pod(name),
      realAddress: this.pod(name),
    }));
  }

  addresses(): readonly LoopbackAddress[] {
    return ["a", "c", "plain"].flatMap((caller) =>
      (["b", "d"] as const).map((callee) => ({
        local: this.service(caller, callee),
        port: this.port,
        caller: this.node(caller).id,
        destination: destinations[callee],
      })),
    );
  }

  /** Keeps what the proxy and the control plane say of a workload, until `release`. */
  hold(name: string): void {
    this.proxy.hold(this.node(name).id);
  }

  release(name: string): void {
    this.proxy.release(this.node(name).id);
  }

  /** What each workload gets where the services' port speaks `layer`. */
  sets(layer: Layer, inbound: Layer = layer): Record<string, Partial<ResourceSet>> {
    const sets: Record<string, Partial<ResourceSet>> = {};
    for (const [name, node] of Object.entries(this.nodes)) {
      const meshed = node.metadata.MESHED;
      const listeners = (["b", "d"] as const).map((callee) => this.#outbound(callee, meshed ? layer : "tcp"));
      if (meshed) listeners.push(this.#inbound(inbound));
      const clusters = [this.#cluster("b"), this.#cluster("d"), originalDestination("InboundPassthroughCluster")];
      if (name === "b") clusters.push(named(originalDestination(`inbound|${this.port}||`), "b"));
      sets[node.id] = resources({ listeners, clusters });
    }
    return sets;
  }

  /** `inbound`: what the callees take the port's language for, where callers see it otherwise. */
  async configure(layer: Layer, inbound: Layer = layer): Promise<void> {
    await this.proxy.configure(this.sets(layer, inbound));
  }

  /** Lines of a metric, without those of other reporters where one is given. */
  metric(name: string, reporter?: string): string[] {
    const lines = this.proxy.metrics().split("\n");
    return lines.filter(
      (line) => line.startsWith(`${name}{`) && line.includes(reporter ? `reporter="${reporter}"` : ""),
    );
  }

  async close(): Promise<void> {
    await this.proxy.close();
    for (const origin of this.#origins) origin.close();
  }

  #cluster(callee: "b" | "d"): Cluster {
    return named(cluster(`outbound|${this.port}||${hostOf(callee)}`, [`${this.pod(callee)}:${this.port}`]), callee);
  }

  #outbound(callee: "b" | "d", layer: Layer): Listener {
    const name = `outbound|${this.port}||${hostOf(callee)}`;
    const http = httpListener(this.port, [toCluster(name)]);
    const tcp = tcpListener(this.port, name);
    const at = { socket_address: { address: destinations[callee], port_value: this.port } };
    return {
      ...(layer === "http" ? http : tcp),
      ...(layer === "detected" ? detecting(http, tcp) : {}),
      name,
      address: at,
    };
  }

  #inbound(layer: Layer): Listener {
    const name = `inbound|${this.port}||`;
    const route = { ...toCluster(name), decorator: { operation: `${hostOf("b")}/*` } };
    const http = httpListener(this.port, [route], { direction: "INBOUND" });
    const tcp = tcpListener(this.port, name, "INBOUND");
    const chains = layer === "detected" ? detecting(http, tcp) : layer === "http" ? http : tcp;
    return {
      ...chains,
      name: "virtualInbound",
      address: { socket_address: { address: "0.0.0.0", port_value: 15_006 } },
      traffic_direction: "INBOUND",
      use_original_dst: true,
      filter_chains: chains.filter_chains.map((chain) => ({
        ...chain,
        filter_chain_match: { ...chain.filter_chain_match, destination_port: this.port },
      })),
      default_filter_chain: firstChain(tcpListener(0, "InboundPassthroughCluster")),
    };
  }
}

const destinations = { b: "10.96.0.11", d: "10.96.0.12" } as const;

export const hostOf = (name: string) => `${name}.default.svc.cluster.local`;

function firstChain({ filter_chains: [chain] }: Listener): FilterChain {
  if (!chain) throw new Error("a listener without chains");
  return chain;
}

/** Requests where the first bytes are HTTP/1.1, carried bytes otherwise. */
function detecting(http: Listener, tcp: Listener): Partial<Listener> & Pick<Listener, "filter_chains"> {
  const plain = { transport_protocol: "raw_buffer" } as const;
  return {
    listener_filters: [
      { name: "tls", typed_config: { "@type": filterTypes.tlsInspector } },
      { name: "http", typed_config: { "@type": filterTypes.httpInspector } },
    ],
    listener_filters_timeout: "0.05s",
    continue_on_listener_filters_timeout: true,
    filter_chains: [
      { ...firstChain(http), filter_chain_match: { ...plain, application_protocols: ["http/1.1"] } },
      { ...firstChain(tcp), filter_chain_match: plain },
      { ...firstChain(tcp), filter_chain_match: { transport_protocol: "tls" } },
    ],
  };
}

const originalDestination = (name: string): Cluster => ({ name, type: "ORIGINAL_DST", lb_policy: "CLUSTER_PROVIDED" });

const named = (of: Cluster, name: string): Cluster => ({
  ...of,
  metadata: { filter_metadata: { istio: { services: [{ host: hostOf(name), name, namespace: "default" }] } } },
});
