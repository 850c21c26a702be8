import type { ProxiedEnds } from "../wire/index.ts";
import { arrivalAt, endsOf, factsOf, type Arrival } from "./arrival.ts";
import type { Party, Surroundings } from "./http/surroundings.ts";
import { choose, type Choice } from "./tcp/choice.ts";
import { calleeOf } from "./tcp/tcp-proxy.ts";

/**
 * What each side's rules would choose for the bytes of a connection if they are of no protocol known here; empty where
 * they lead to no endpoint, or to one of a port whose clients speak first.
 */
export function foresee(arrival: Arrival, named: ProxiedEnds | undefined, surroundings: Surroundings): Choice[] {
  const choices: Choice[] = [];
  let at: Arrival | undefined = arrival;
  for (let ends = named; at; ends = undefined) {
    const { source, destination } = endsOf(at, ends);
    const { owner, direction, listener }: Arrival = at;
    const chain = listener.chain(factsOf({ source, destination }, undefined));
    // In TLS the client speaks first.
    if (chain?.kind !== "tcp" || (chain.tls && !at.handedOver)) return [];
    const choice = choose(chain, { owner, destination, ends: { source, destination } }, surroundings);
    if ("flag" in choice) return [];
    choices.push(choice);
    const callee: Party | undefined =
      direction === "inbound" ? undefined : calleeOf({ owner, direction }, choice.endpoint, surroundings);
    if (callee?.meshed && !callee.config.ready) return [];
    at = callee?.meshed ? arrivalAt(callee, choice.endpoint, owner, source) : undefined;
    // What names the client is read first, and then perhaps more.
    if (at && (choice.header || at.listener.detect?.proxied)) return [];
  }
  return choices;
}
