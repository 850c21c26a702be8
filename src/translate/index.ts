/** The resolved mesh and a proxy node turned into the Envoy resources that node gets; pure. */
export * from "./gateway-address.ts";
export * from "./node.ts";
export * from "./translator.ts";
