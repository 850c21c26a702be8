import {
  destinationRule,
  visibleServices,
  type GatewayWorkload,
  type Mesh,
  type MeshService,
  type MeshSettings,
} from "../mesh/index.ts";
import type { Node, ResourceKind, ResourceSet, ResourceTypes } from "../xds/index.ts";
import { fixedClusters, serviceClusters, type ClusterParts } from "./cluster.ts";
import { gatewayResources } from "./gateway.ts";
import { inbound } from "./inbound.ts";
import { nameTable } from "./name-table.ts";
import { outbound, type Outbound } from "./outbound.ts";

/** What is the same for every workload that sees the mesh from the same place. */
interface View {
  readonly listeners: ResourceSet["listener"];
  readonly clusters: ResourceSet["cluster"];
  readonly routes: ResourceSet["route"];
  readonly endpoints: ResourceSet["endpoint"];
  readonly names: ResourceSet["names"];
}

class Parts extends WeakMap<
  MeshService,
  WeakMap<object, { readonly settings: MeshSettings; readonly parts: ClusterParts }>
> {}

/**
 * Turns the mesh into what one node gets. Remembers what it made: equal resources are one object, for all nodes and
 * from one snapshot to the next, and so are the maps and sets that hold them.
 */
export class Translator {
  /** Resources by kind, name and content. */
  #known = new Map<string, object>();
  /** Those made or asked for since the last snapshot but one, so that what is gone is forgotten. */
  #recent = new Map<string, object>();
  #mesh: Mesh | undefined;
  #views = new Map<string, View>();
  #sets = new Map<string, ResourceSet>();
  #parts = { sidecar: new Parts(), gateway: new Parts() };
  #texts = new WeakMap<object, string>();

  translate(mesh: Mesh, node: Node): ResourceSet {
    if (this.#mesh !== mesh) this.#begin(mesh);
    const { NAMESPACE, NAME, LABELS, MESHED } = node.metadata;
    const gateway = node.id.startsWith("router~");
    const scopeLabels = Object.fromEntries(
      mesh.sourceLabelKeys.flatMap((key) => {
        const value = LABELS[key];
        return value === undefined ? [] : [[key, value]];
      }),
    );
    const place = gateway
      ? `gateway ${NAMESPACE}/${NAME} ${JSON.stringify(LABELS)}`
      : MESHED
        ? `sidecar ${NAMESPACE} ${JSON.stringify(scopeLabels)}`
        : `plain ${NAMESPACE}`;
    const view = this.#view(place, () => {
      const own = gateway ? gatewayResources(mesh, gatewayOf(node)) : outbound(mesh, NAMESPACE, scopeLabels, MESHED);
      return this.#makeView(mesh, MESHED ? NAMESPACE : undefined, NAMESPACE, own, gateway ? "gateway" : "sidecar");
    });
    const workload = gateway || !MESHED ? undefined : mesh.workloads.get(`${NAMESPACE}/${NAME}`);
    const incoming = workload === undefined ? undefined : inbound(mesh, workload);
    const listeners = new Map(view.listeners);
    const clusters = new Map(view.clusters);
    if (incoming !== undefined) {
      listeners.set(...this.#keep("listener", incoming.listener.name, incoming.listener));
      for (const each of incoming.clusters) clusters.set(...this.#keep("cluster", each.name, each));
    }
    return this.#set(node.id, {
      listener: listeners,
      route: view.routes,
      cluster: clusters,
      endpoint: view.endpoints,
      names: view.names,
    });
  }

  #makeView(
    mesh: Mesh,
    ruleNamespace: string | undefined,
    namespace: string,
    own: Outbound,
    caller: "sidecar" | "gateway",
  ): View {
    const parts = visibleServices(mesh, namespace).map((service) =>
      this.#clusters(mesh, service, ruleNamespace, caller),
    );
    const clusters = [...fixedClusters, ...parts.flatMap((each) => each.clusters)];
    const assignments = parts.flatMap((each) => each.assignments);
    return {
      listeners: new Map(own.listeners.map((each) => this.#keep("listener", each.name, each))),
      routes: new Map(own.routes.map((each) => this.#keep("route", each.name, each))),
      clusters: new Map(clusters.map((each) => this.#keep("cluster", each.name, each))),
      endpoints: new Map(assignments.map((each) => this.#keep("endpoint", each.cluster_name, each))),
      names: new Map([this.#keep("names", "names", nameTable(mesh, namespace))]),
    };
  }

  /** A service's clusters depend on it, on the rule it is seen through, on who calls and on the settings, nothing else. */
  #clusters(
    mesh: Mesh,
    service: MeshService,
    namespace: string | undefined,
    caller: "sidecar" | "gateway",
  ): ClusterParts {
    const rule = namespace === undefined ? undefined : destinationRule(mesh, service, namespace);
    let byRule = this.#parts[caller].get(service);
    if (byRule === undefined) this.#parts[caller].set(service, (byRule = new WeakMap()));
    const key = rule ?? mesh.settings;
    const known = byRule.get(key);
    if (known !== undefined && known.settings === mesh.settings) return known.parts;
    const parts = serviceClusters(mesh, service, rule, caller);
    byRule.set(key, { settings: mesh.settings, parts });
    return parts;
  }

  #begin(mesh: Mesh): void {
    this.#mesh = mesh;
    this.#views.clear();
    this.#known = this.#recent;
    this.#recent = new Map();
  }

  #view(place: string, make: () => View): View {
    const known = this.#views.get(place);
    if (known !== undefined) return known;
    const view = make();
    this.#views.set(place, view);
    return view;
  }

  /** The object known by this content, so that identity means equality. */
  #keep<K extends ResourceKind>(kind: K, name: string, resource: ResourceTypes[K]): [string, ResourceTypes[K]] {
    let text = this.#texts.get(resource);
    if (text === undefined) {
      text = `${kind} ${name} ${JSON.stringify(resource)}`;
      this.#texts.set(resource, text);
    }
    const known = this.#recent.get(text) ?? this.#known.get(text) ?? resource;
    this.#recent.set(text, known);
    // The text begins with the kind, so what is found under it is of that kind.
    return [name, known as ResourceTypes[K]];
  }

  #set(node: string, made: ResourceSet): ResourceSet {
    const before = this.#sets.get(node);
    const kept: ResourceSet =
      before === undefined
        ? made
        : {
            listener: sameMap(before.listener, made.listener),
            route: sameMap(before.route, made.route),
            cluster: sameMap(before.cluster, made.cluster),
            endpoint: sameMap(before.endpoint, made.endpoint),
            names: sameMap(before.names, made.names),
          };
    const set =
      before !== undefined && (Object.keys(kept) as ResourceKind[]).every((kind) => kept[kind] === before[kind])
        ? before
        : kept;
    this.#sets.set(node, set);
    return set;
  }

  /** Forgets a node that went away. */
  forget(node: Node): void {
    this.#sets.delete(node.id);
  }
}

function sameMap<T>(before: ReadonlyMap<string, T>, now: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  if (before.size !== now.size) return now;
  for (const [key, value] of now) if (before.get(key) !== value) return now;
  return before;
}

function gatewayOf(node: Node): GatewayWorkload {
  const { NAME, NAMESPACE, SERVICE_ACCOUNT, LABELS, INSTANCE_IPS } = node.metadata;
  return { name: NAME, namespace: NAMESPACE, serviceAccount: SERVICE_ACCOUNT, labels: LABELS, address: INSTANCE_IPS };
}
