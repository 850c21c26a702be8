import type { ProxiedEnds } from "../wire/index.ts";
import type { ConnectionFacts, Endpoint, Listener, WorkloadLabels } from "./config/contract.ts";
import { unknownWorkload } from "./config/workload-labels.ts";
import type { Origin, Party } from "./http/surroundings.ts";
import type { Seen } from "./tcp/first-bytes.ts";

/** A connection that was accepted, and what it is to whom. */
export interface Arrival {
  readonly owner: Party;
  readonly listener: Listener;
  readonly direction: Origin["direction"];
  /** The name of the listener whose own socket it came in on; absent in a mesh, where the destination tells the listener. */
  readonly bound?: string;
  readonly destination: { readonly address: string; readonly port: number };
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Inbound: the caller, as far as it is known. */
  readonly peer: WorkloadLabels;
  /** By the caller's side in this process: what a wire would have had to secure never was on one. */
  readonly handedOver?: boolean;
}

/** Whom a connection is made for: what its PROXY header says, else its own ends. */
export function endsOf(arrival: Arrival, ends: ProxiedEnds | undefined): ProxiedEnds {
  const { remoteAddress, remotePort, destination } = arrival;
  return ends ?? { source: { address: remoteAddress, port: remotePort }, destination };
}

/** What its chain is chosen by. */
export function factsOf({ source, destination }: ProxiedEnds, seen: Seen | undefined): ConnectionFacts {
  return {
    destinationAddress: destination.address,
    destinationPort: destination.port,
    sourceAddress: source.address,
    protocol: seen?.protocol ?? "unknown",
    ...(seen?.hello?.serverName === undefined ? {} : { serverName: seen.hello.serverName }),
    ...(seen?.hello === undefined ? {} : { alpn: seen.hello.alpn }),
  };
}

/** The same connection as it arrives at a callee served here too; undefined: the callee has no rules for it. */
export function arrivalAt(
  callee: Party,
  endpoint: Endpoint,
  caller: Party,
  source: ProxiedEnds["source"],
): Arrival | undefined {
  const listener = callee.config.ready ? callee.config.inbound(endpoint.port) : undefined;
  return (
    listener && {
      owner: callee,
      listener,
      direction: "inbound",
      destination: { address: endpoint.address, port: endpoint.port },
      remoteAddress: source.address,
      remotePort: source.port,
      peer: caller.meshed ? caller.labels : unknownWorkload,
      handedOver: true,
    }
  );
}

/** The listener a connection would meet today. */
export function listenerOf({ owner: { config }, direction, destination, bound }: Arrival): Listener | undefined {
  if (bound !== undefined) return config.listener(bound);
  switch (direction) {
    case "inbound":
      return config.inbound(destination.port);
    case "outbound":
      return config.outbound(destination.address, destination.port);
    case "gateway":
      return config.gateway(destination.port);
  }
}
