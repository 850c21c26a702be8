/** The data plane: listens, sniffs, filters, routes, balances and connects, by Envoy resources alone. */
export * from "./contract.ts";
export { Proxy } from "./proxy.ts";
