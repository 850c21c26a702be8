import { filterTypes, type Listener as ListenerMessage } from "../../xds/index.ts";
import { bestFit, chainFits } from "./chain-match.ts";
import { compileChain, type ChainSurroundings } from "./chain.ts";
import type { Chain, ConnectionFacts, Listener } from "./contract.ts";
import { milliseconds } from "./duration.ts";

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
    fits: chainFits(chain.filter_chain_match),
    chain: at(`filter_chains[${index}]`, () => compileChain(chain, message.name, surroundings)),
  }));
  const fallback: Chain | undefined =
    message.default_filter_chain &&
    at("default_filter_chain", () =>
      compileChain(message.default_filter_chain ?? { filters: [] }, message.name, surroundings),
    );
  const sniffs = (message.listener_filters ?? []).some(
    ({ typed_config }) =>
      typed_config?.["@type"] === filterTypes.httpInspector || typed_config?.["@type"] === filterTypes.tlsInspector,
  );
  return {
    name: message.name,
    message,
    direction,
    addresses: [message.address, ...(message.additional_addresses ?? []).map(({ address }) => address)].map(
      ({ socket_address }) => ({ address: socket_address.address, port: socket_address.port_value }),
    ),
    catchAll: message.use_original_dst ?? false,
    detect: sniffs ? { timeout: milliseconds(message.listener_filters_timeout, 15_000) } : undefined,
    chain: (facts: ConnectionFacts) => bestFit(chains, facts)?.chain ?? fallback,
  };
}

function at<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new RangeError(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
