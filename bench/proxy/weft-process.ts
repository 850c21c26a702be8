/** Weft's proxy with one hop to measure, configured over xDS as in a mesh: `weft-process.ts <gateway | sidecar> <origin's port>`. Its port goes to the parent. */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { silentLog } from "../../src/base/index.ts";
import { Proxy, type HostedWorkload } from "../../src/proxy/index.ts";
import { AdsServer, Multiplexer, type ResourceSet } from "../../src/xds/index.ts";
import { freePort } from "./program.ts";
import { nodeOf } from "../../src/proxy/fixture.ts";
import { calleeAddress, calleeHop, callerHop, gatewayHop } from "./hops.ts";

const [, , hop, origin = ""] = process.argv;
const ads = new AdsServer();
const channels = new Multiplexer(
  (node, message) => setImmediate(() => proxy.receive({ kind: "xds", node, message })),
  (_, channel) => ads.connect(channel),
);
const proxy: Proxy = new Proxy({
  send(message) {
    if (message.kind === "xds") setImmediate(() => channels.receive(message.node, message.message));
    else if (message.kind === "trouble") throw new Error(message.message);
  },
  version: "bench",
  log: silentLog,
  logging: { level: () => "info", set: () => true },
  quit: () => undefined,
});

async function configured(sets: Readonly<Record<string, ResourceSet>>): Promise<void> {
  for (const [node, set] of Object.entries(sets)) ads.setResources(node, set);
  while (!Object.keys(sets).every((node) => ads.synced(node))) await new Promise((resolve) => setImmediate(resolve));
}

/** The pod that answers is served here too, so each request meets the rules of both sides. */
const callee: HostedWorkload = { node: nodeOf("callee"), address: calleeAddress, realAddress: "127.0.0.1" };
const calleeRules = calleeHop(Number(origin));

async function gateway(): Promise<number> {
  const node = nodeOf("gateway");
  proxy.receive({ kind: "workloads", workloads: [{ node }, callee], capture: { kind: "none" } });
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  proxy.receive({ kind: "listen", purpose: "gateway", node: node.id, port }, server);
  await configured({ [node.id]: gatewayHop(port, Number(origin)), [callee.node.id]: calleeRules });
  return port;
}

async function sidecar(): Promise<number> {
  const port = await freePort();
  const caller: HostedWorkload = { node: nodeOf("caller"), address: "10.244.0.2", realAddress: "127.0.0.2" };
  const addresses = [{ local: "127.0.0.1", port, caller: caller.node.id, destination: "10.96.0.20" }];
  proxy.receive({ kind: "workloads", workloads: [caller, callee], capture: { kind: "loopback", addresses } });
  await configured({ [caller.node.id]: callerHop(port, Number(origin)), [callee.node.id]: calleeRules });
  return port;
}

process.send?.(await (hop === "gateway" ? gateway() : sidecar()));
process.once("disconnect", () => process.exit());
