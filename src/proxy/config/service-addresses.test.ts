import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock, seededChance } from "../../base/index.ts";
import { Material } from "../tls/material.ts";
import { LiveCluster } from "./cluster.ts";
import { ServiceTable } from "./service-addresses.ts";

const passthrough = { name: "PassthroughCluster", type: "ORIGINAL_DST", lb_policy: "CLUSTER_PROVIDED" } as const;

test("bytes that keep their destination go to a workload behind it when it is a service's, else where they were going", () => {
  const chance = seededChance(3);
  const services = new ServiceTable(chance);
  const cluster = new LiveCluster(passthrough, {
    clock: new ManualClock(),
    chance,
    resolve: () => Promise.resolve([]),
    material: new Material(),
    behind: (destination) => services.behind(destination),
  });
  const to = (address: string, port: number) =>
    cluster.pick({ random: 0, hash: undefined, avoid: [], originalDestination: { address, port } })?.key;
  assert.equal(to("10.96.0.5", 80), "10.96.0.5:80");
  services.set({
    "10.96.0.5:80": [
      { address: "10.244.0.2", port: 8000 },
      { address: "10.244.0.3", port: 8001 },
    ],
    "10.96.0.6:80": [],
  });
  const met = new Set(Array.from({ length: 40 }, () => to("10.96.0.5", 80)));
  assert.deepEqual(met, new Set(["10.244.0.2:8000", "10.244.0.3:8001"]));
  assert.equal(to("10.96.0.5", 81), "10.96.0.5:81");
  assert.equal(to("10.96.0.6", 80), "10.96.0.6:80");
});
