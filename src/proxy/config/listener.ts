import { filterTypes, type Listener as ListenerMessage, type ProxyProtocol } from "../../xds/index.ts";
import { bestFit, chainFits } from "./chain-match.ts";
import { compileChain, type ChainSurroundings } from "./chain.ts";
import type { Chain, ConnectionFacts, FirstBytesRules, Listener, ProxyHeaderRules } from "./contract.ts";
import { milliseconds } from "./duration.ts";
import { under } from "./under.ts";

export interface CompiledListener extends Listener {
  readonly message: ListenerMessage;
  readonly addresses: readonly { readonly address: string; readonly port: number }[];
  /** Reached for any destination no other listener answers. */
  readonly catchAll: boolean;
}

/** `edge`: a gateway's listener, or one of a static configuration. Throws, with the field's path, on what cannot be honoured. */
export function compileListener(
  message: ListenerMessage,
  direction: Listener["direction"],
  surroundings: ChainSurroundings,
): CompiledListener {
  const chains = message.filter_chains.map((chain, index) => ({
    fits: under(`filter_chains[${index}].filter_chain_match`, () => chainFits(chain.filter_chain_match)),
    chain: under(`filter_chains[${index}]`, () => compileChain(chain, message.name, surroundings)),
  }));
  const fallback: Chain | undefined =
    message.default_filter_chain &&
    under("default_filter_chain", () =>
      compileChain(message.default_filter_chain ?? { filters: [] }, message.name, surroundings),
    );
  return {
    name: message.name,
    metricName: metricName(message),
    message,
    direction,
    inbound: message.traffic_direction === "INBOUND",
    addresses: [message.address, ...(message.additional_addresses ?? []).map(({ address }) => address)].map(
      ({ socket_address }) => ({ address: socket_address.address, port: socket_address.port_value }),
    ),
    catchAll: message.use_original_dst ?? false,
    detect: under("listener_filters", () => firstBytes(message, [...chains.map(({ chain }) => chain), fallback])),
    chain: (facts: ConnectionFacts) => bestFit(chains, facts)?.chain ?? fallback,
  };
}

const inspectors: ReadonlySet<string> = new Set([filterTypes.httpInspector, filterTypes.tlsInspector]);

function metricName({ address: { socket_address } }: ListenerMessage): string {
  return `${socket_address.address}_${socket_address.port_value}`;
}

/** Milliseconds for the first bytes, where nothing else is said. */
const firstBytesLimit = 15_000;

function firstBytes(message: ListenerMessage, chains: readonly (Chain | undefined)[]): FirstBytesRules | undefined {
  const types = (message.listener_filters ?? []).map(({ typed_config }) => typed_config?.["@type"] ?? "");
  // The first message of TLS chooses the chain and the certificate, whether an inspector was asked for or not.
  const needed = !types.some((type) => inspectors.has(type)) && wantsHello(message, chains);
  if (needed) types.push(filterTypes.tlsInspector);
  const protocol = types.findIndex((type) => inspectors.has(type));
  const header = types.indexOf(filterTypes.proxyProtocol);
  if (protocol === -1 && header === -1) return undefined;
  // What comes before the header would be looked at in its place.
  if (protocol !== -1 && header > protocol) throw new RangeError("the PROXY protocol must come before the inspectors");
  return {
    timeout: milliseconds(message.listener_filters_timeout, firstBytesLimit) || (needed ? firstBytesLimit : 0),
    continues: message.continue_on_listener_filters_timeout ?? false,
    protocol: protocol !== -1,
    proxied: proxyHeaderRules(message.listener_filters?.[header]?.typed_config as ProxyProtocol | undefined),
  };
}

function wantsHello({ filter_chains }: ListenerMessage, chains: readonly (Chain | undefined)[]): boolean {
  const matched = filter_chains.some(({ filter_chain_match: match }) => {
    return match?.transport_protocol !== undefined || (match?.server_names ?? []).length > 0;
  });
  return matched || chains.some((chain) => chain?.tls !== undefined);
}

function proxyHeaderRules(message: ProxyProtocol | undefined): ProxyHeaderRules | undefined {
  if (!message) return undefined;
  const refused = message.disallowed_versions ?? [];
  const versions = ([1, 2] as const).filter((version) => !refused.includes(`V${version}`));
  const optional = message.allow_requests_without_proxy_protocol ?? false;
  if (versions.length === 0 && !optional) throw new RangeError("disallowed_versions: no version is left to begin with");
  return { optional, versions: new Set(versions) };
}
