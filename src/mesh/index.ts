/** Resources resolved into the mesh they describe: registry, visibility, precedence, effective policy; pure. */
export * from "./destination-rule.ts";
export * from "./gateway.ts";
export * from "./input.ts";
export * from "./mesh.ts";
export { fullHost, hostFit, hostIntersection, selects } from "./names.ts";
export * from "./problems.ts";
export * from "./protocol.ts";
export * from "./service.ts";
export * from "./settle.ts";
export * from "./virtual-service.ts";
export type { Workload } from "./workload.ts";
