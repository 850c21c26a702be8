// On the path of every request.
import type { PickRequest } from "./contract.ts";
import type { LiveEndpoint } from "./endpoint.ts";

/** Chooses one of at least one endpoint. */
export type Balancer = (endpoints: readonly LiveEndpoint[], request: PickRequest) => LiveEndpoint | undefined;

export type BalancerName = "LEAST_REQUEST" | "ROUND_ROBIN" | "RANDOM" | "RING_HASH" | "MAGLEV";

/** A balancer with state of its own (whose turn it is), one for each cluster. */
export function balancer(name: BalancerName): Balancer {
  switch (name) {
    case "LEAST_REQUEST":
      return leastRequest;
    case "ROUND_ROBIN":
      return roundRobin();
    case "RANDOM":
      return (endpoints, { random }) => byWeight(endpoints, random);
    case "RING_HASH":
    case "MAGLEV":
      return (endpoints, request) =>
        request.hash === undefined ? byWeight(endpoints, request.random) : byHash(endpoints, request.hash);
  }
}

/** The less busy of two different ones drawn by chance. One uniform number is enough for both draws. */
function leastRequest(endpoints: readonly LiveEndpoint[], { random }: PickRequest): LiveEndpoint | undefined {
  const count = endpoints.length;
  if (count === 1) return endpoints[0];
  const scaled = random * count;
  const first = Math.floor(scaled);
  const second = Math.floor((scaled - first) * (count - 1));
  const one = endpoints[first];
  const other = endpoints[second < first ? second : second + 1];
  if (!one || !other) return one ?? other;
  // Work per weight; the first drawn wins a tie, which is fair because the draw is.
  return (other.active + 1) * one.weight < (one.active + 1) * other.weight
    ? other
    : equalWork(one, other) && one.weight !== other.weight
      ? byWeight([one, other], (scaled * 8191) % 1)
      : one;
}

const equalWork = (one: LiveEndpoint, other: LiveEndpoint) => one.active === other.active;

/** Smooth weighted round robin: with equal weights plain turns, with others evenly mixed ones. */
function roundRobin(): Balancer {
  let next = 0;
  return (endpoints) => {
    const first = endpoints[0];
    if (first && endpoints.every(({ weight }) => weight === first.weight)) {
      next = (next + 1) % endpoints.length;
      return endpoints[next];
    }
    let total = 0;
    let chosen: LiveEndpoint | undefined;
    for (const endpoint of endpoints) {
      total += endpoint.weight;
      endpoint.turn += endpoint.weight;
      if (!chosen || endpoint.turn > chosen.turn) chosen = endpoint;
    }
    if (chosen) chosen.turn -= total;
    return chosen;
  };
}

function byWeight(endpoints: readonly LiveEndpoint[], random: number): LiveEndpoint | undefined {
  let total = 0;
  for (const { weight } of endpoints) total += weight;
  let left = random * total;
  for (const endpoint of endpoints) {
    left -= endpoint.weight;
    if (left < 0) return endpoint;
  }
  return endpoints[0];
}

/**
 * Highest random weight: every endpoint gets a number from its address and the key, the highest wins. Consistent in
 * all proxies, without a table; an endpoint that leaves moves its own keys only.
 */
function byHash(endpoints: readonly LiveEndpoint[], key: string): LiveEndpoint | undefined {
  let best: LiveEndpoint | undefined;
  let most = -Infinity;
  for (const endpoint of endpoints) {
    const uniform = (hash32(`${endpoint.key}\u0000${key}`) + 0.5) / 4294967296;
    const score = -endpoint.weight / Math.log(uniform);
    if (score > most) [best, most] = [endpoint, score];
  }
  return best;
}

/** FNV-1a with a final mix (MurmurHash3's), for its low bits alone are not even. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
