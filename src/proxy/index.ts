/** The data plane: listens, sniffs, filters, routes, balances and connects, by Envoy resources alone. */
export * from "./contract.ts";
export * from "./admin/index.ts";
export { ConfigStore } from "./config/index.ts";
export * from "./dns/index.ts";
export * from "./stats/index.ts";
export { Proxy, type ProxyOptions } from "./proxy.ts";
