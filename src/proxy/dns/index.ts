export type { DnsView } from "./answer.ts";
export { DnsServer, type DnsServerOptions } from "./server.ts";
