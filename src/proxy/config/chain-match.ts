import { BlockList, isIP } from "node:net";
import type { FilterChainMatch } from "../../xds/index.ts";
import type { ConnectionFacts } from "./contract.ts";

/** How well a chain fits in one respect: -1 not at all, 0 it does not ask, more is more specific. */
type Fit = (facts: ConnectionFacts) => number;

const anything: Fit = () => 0;

/**
 * The respects in which chains are compared, in Envoy's order: port, destination, server name, transport,
 * application, source. After each only the best fits stay, and nothing goes back to what was left behind.
 */
export function chainFits(match: FilterChainMatch | undefined): readonly Fit[] {
  const { destination_port: port, transport_protocol: transport } = match ?? {};
  return [
    port === undefined ? anything : (facts) => (facts.destinationPort === port ? 1 : -1),
    rangeFit(match?.prefix_ranges, (facts) => facts.destinationAddress),
    serverNameFit(match?.server_names),
    transport === undefined ? anything : (facts) => ((facts.protocol === "tls") === (transport === "tls") ? 1 : -1),
    applicationFit(match?.application_protocols),
    rangeFit(match?.source_prefix_ranges, (facts) => facts.sourceAddress),
  ];
}

/** The entry that fits best; undefined when none fits. The first of equals wins. */
export function bestFit<T extends { readonly fits: readonly Fit[] }>(
  entries: readonly T[],
  facts: ConnectionFacts,
): T | undefined {
  let left = entries;
  for (let respect = 0; left.length > 0; respect += 1) {
    if (left[0]?.fits[respect] === undefined) break;
    const scored = left.map((entry) => ({ entry, fit: entry.fits[respect]?.(facts) ?? 0 }));
    const best = Math.max(...scored.map(({ fit }) => fit));
    left = best < 0 ? [] : scored.filter(({ fit }) => fit === best).map(({ entry }) => entry);
  }
  return left[0];
}

function rangeFit(ranges: FilterChainMatch["prefix_ranges"], addressOf: (facts: ConnectionFacts) => string): Fit {
  if (!ranges || ranges.length === 0) return anything;
  const compiled = ranges.map(({ address_prefix, prefix_len }) => {
    const six = isIP(address_prefix) === 6;
    const length = prefix_len ?? (six ? 128 : 32);
    const list = new BlockList();
    list.addSubnet(address_prefix, length, six ? "ipv6" : "ipv4");
    return { list, length };
  });
  return (facts) => {
    const address = addressOf(facts);
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    let best = -1;
    for (const { list, length } of compiled) if (length >= best && list.check(address, family)) best = length + 1;
    return best;
  };
}

function serverNameFit(names: readonly string[] | undefined): Fit {
  if (!names || names.length === 0) return anything;
  const lower = names.map((name) => name.toLowerCase());
  const partial = lower.find((name) => /^\*[^.]|.\*/.test(name));
  if (partial !== undefined) throw new RangeError(`server_names: ${partial}: a star stands for the first labels only`);
  return ({ serverName }) => {
    const asked = serverName?.toLowerCase() ?? "";
    let best = -1;
    for (const name of lower) {
      if (name === asked && asked !== "") return Infinity;
      if (name.startsWith("*.") && asked.endsWith(name.slice(1)) && asked.length > name.length - 1) {
        best = Math.max(best, name.length);
      }
    }
    return best;
  };
}

function applicationFit(protocols: readonly string[] | undefined): Fit {
  if (!protocols || protocols.length === 0) return anything;
  const wanted = new Set(protocols);
  return ({ protocol, alpn = [] }) => (wanted.has(protocol) || alpn.some((each) => wanted.has(each)) ? 1 : -1);
}
