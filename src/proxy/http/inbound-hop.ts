// On the path of every request.
import type {
  AccessLog,
  Chain,
  Cluster,
  Endpoint,
  HttpChain,
  Listener,
  RequestHead,
  Route,
  WorkloadLabels,
} from "../config/contract.ts";
import { endpointKey } from "../config/endpoint.ts";
import { unknownWorkload } from "../config/workload-labels.ts";
import type { Origin, Party, Surroundings } from "./surroundings.ts";

/** The callee's side of a request whose caller and callee are both served here: its own rules, in the same process. */
export interface InboundHop {
  readonly callee: Party;
  /** Undefined: none matches, which its own exchange says. */
  readonly route: Route | undefined;
  /** The callee's own cluster, for its counters. */
  readonly cluster: Cluster | undefined;
  /** Who calls, as the application is told. */
  readonly clientCertificate: string;
  readonly accessLog: AccessLog | undefined;
  /** Its rules say more than "to the application": an exchange of its own meets them, as what arrived here. */
  readonly apart: Origin | undefined;
}

interface Remembered {
  readonly chain: Chain | undefined;
  readonly certificate: string;
}

/** The chain of a listener for an endpoint's port: looked up once for each caller. */
const remembered = new WeakMap<Listener, WeakMap<Endpoint, Remembered>>();

/** Undefined: the callee is not served here, or not in the mesh, or does not read requests on this port. */
export function inboundHop(
  origin: Origin,
  endpoint: Endpoint,
  head: RequestHead,
  surroundings: Surroundings,
): InboundHop | "unready" | undefined {
  if (origin.direction === "inbound") return undefined;
  const callee = surroundings.party(endpoint.address);
  if (!callee?.meshed) return undefined;
  if (!callee.config.ready) return "unready";
  const listener = callee.config.inbound(endpoint.port);
  if (!listener) return undefined;
  const { chain, certificate } = chainFor(listener, endpoint, origin, callee);
  if (chain?.kind !== "http") return undefined;
  const route = chain.routes()?.match(head, surroundings.chance());
  const { accessLog } = chain;
  const hop = { callee, route, clientCertificate: certificate, accessLog };
  // What the caller's rules understood of gRPC-Web is gRPC here.
  const web = chain.grpcWeb && !origin.chain.grpcWeb;
  if (web || !route?.plain || route.action.kind !== "forward" || head.method === "CONNECT") {
    return { ...hop, cluster: undefined, apart: arrival(origin, endpoint, chain, callee, certificate) };
  }
  return { ...hop, cluster: callee.config.cluster(route.action.choose(0).cluster), apart: undefined };
}

/** The caller's connection, had it made one to the callee. */
function arrival(origin: Origin, endpoint: Endpoint, chain: HttpChain, callee: Party, certificate: string): Origin {
  const { meshed, labels } = origin.owner;
  const destination = { address: endpoint.address, port: endpoint.port };
  return {
    owner: callee,
    chain,
    direction: "inbound",
    peer: meshed ? labels : unknownWorkload,
    clientCertificate: meshed ? certificate : undefined,
    tls: undefined,
    remote: endpointKey(origin.remoteAddress, 0),
    remoteAddress: origin.remoteAddress,
    local: endpoint.key,
    destination,
    ends: { source: origin.ends.source, destination },
  };
}

/** Who calls, in the words of `x-forwarded-client-cert`. */
export function clientCertificate(callee: Party, caller: WorkloadLabels): string {
  return `By=${callee.labels.principal};URI=${caller.principal}`;
}

function chainFor(listener: Listener, endpoint: Endpoint, origin: Origin, callee: Party): Remembered {
  let byEndpoint = remembered.get(listener);
  if (!byEndpoint) {
    byEndpoint = new WeakMap();
    remembered.set(listener, byEndpoint);
  }
  const known = byEndpoint.get(endpoint);
  if (known) return known;
  const made: Remembered = {
    chain: listener.chain({
      destinationAddress: endpoint.address,
      destinationPort: endpoint.port,
      sourceAddress: origin.remoteAddress,
      protocol: "http/1.1",
    }),
    certificate: clientCertificate(callee, origin.owner.labels),
  };
  byEndpoint.set(endpoint, made);
  return made;
}
