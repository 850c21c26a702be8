import { existsSync, writeFileSync } from "node:fs";
import { macOf, nodeAddress } from "./addresses.ts";
import { run } from "./programs.ts";

/** Addresses of services, pods and automatic VIPs: the node's own programs reach the proxy at them too. */
const anycast = ["10.96.0.0/16", "10.244.0.0/16", "240.240.0.0/16"];

/**
 * Makes this network namespace the node: a bridge for the pods, and routes by which whatever a pod sends,
 * to any address and port, arrives at sockets here (AnyIP), with the destination as its local address.
 */
export async function makeNodeNetwork(): Promise<void> {
  setKernelSwitches();
  await run("ip", ["-batch", "-"], [...bridge(), ...routes(), ...rules()].join("\n") + "\n");
  set("net/ipv4/conf/weft0/rp_filter", "0");
}

const bridge = () => [
  "link set lo up",
  `link add weft0 address ${macOf(1)} type bridge forward_delay 0 mcast_snooping 0`,
  `addr add ${nodeAddress}/16 dev weft0`,
  "link set weft0 up",
];

// The kernel answers from an address only when the table `local` calls it local, so "everything" must stand there.
const routes = () => ["route add local default dev lo table local"];

// The node's own packets must not see that route, or it would reach itself instead of pods; so the rule for
// `local`, first by default, gives way to narrower ones.
function rules(): string[] {
  const lines = [
    "iif weft0 lookup local",
    `to ${nodeAddress} lookup local`,
    "to 10.245.0.0/16 lookup main",
    ...["127.0.0.0/8", ...anycast].map((range) => `to ${range} lookup local`),
  ];
  return [...lines.map((rule, at) => `rule add pref ${at + 1} ${rule}`), "rule del pref 0"];
}

function setKernelSwitches(): void {
  set("net/ipv4/ip_forward", "0");
  set("net/ipv4/ip_unprivileged_port_start", "0");
  set("net/ipv4/conf/all/rp_filter", "0");
  set("net/ipv4/conf/default/rp_filter", "0");
  set("net/ipv6/conf/all/disable_ipv6", "1");
  set("net/ipv6/conf/default/disable_ipv6", "1");
  // One listener takes the connections of every pod.
  set("net/core/somaxconn", "4096");
}

function set(name: string, value: string): void {
  const path = `/proc/sys/${name}`;
  // A kernel without IPv6 has no such file.
  if (existsSync(path)) writeFileSync(path, value);
}
