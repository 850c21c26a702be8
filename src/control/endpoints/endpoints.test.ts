import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { ManualClock } from "../../base/index.ts";
import { kinds, type Pod, type Service } from "../../model/index.ts";
import { memoryClient } from "../memory-client.ts";
import { World } from "../world.ts";
import { startEndpointController } from "./index.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function open() {
  const clock = new ManualClock();
  const client = memoryClient(clock);
  const world = new World({ client, clock });
  const controller = startEndpointController(world);
  closers.push(
    () => controller.close(),
    () => world.close(),
  );
  await world.synced();
  const slices = async () => {
    await turn();
    const { items } = await client.list(kinds.EndpointSlice);
    return items;
  };
  /** Each endpoint as `address ready serving terminating` in one letter each. */
  const endpoints = async () =>
    (await slices())
      .flatMap((slice) => slice.endpoints)
      .map(({ addresses, conditions: { ready, serving, terminating } = {} }) =>
        [addresses[0], ready && "ready", serving && "serving", terminating && "terminating"].filter(Boolean).join(" "),
      );
  return { client, slices, endpoints };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function service(spec: Service["spec"] = {}): Service {
  const ports = [{ name: "http", port: 80, targetPort: "web", appProtocol: "http" }];
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "default", labels: { team: "a" } },
    spec: { selector: { app: "web" }, ports, ...spec },
  };
}

function pod(name: string, address: string | undefined, { ready = true, port = 8080, app = "web" } = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", labels: { app } },
    spec: { nodeName: "weft", containers: [{ name: "web", ports: [{ name: "web", containerPort: port }] }] },
    status: {
      phase: "Running",
      ...(address !== undefined && { podIP: address }),
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
    },
  };
}

describe("endpoints of a service", () => {
  test("pods that match the selector and have an address are its backends, ready or not", async () => {
    const { client, slices, endpoints } = await open();
    await client.create(kinds.Service, service());
    await client.create(kinds.Pod, pod("a", "10.244.0.1"));
    await client.create(kinds.Pod, pod("b", "10.244.0.2", { ready: false }));
    await client.create(kinds.Pod, pod("c", undefined));
    await client.create(kinds.Pod, pod("d", "10.244.0.4", { app: "other" }));
    assert.deepEqual(await endpoints(), ["10.244.0.1 ready serving", "10.244.0.2"]);
    const [slice] = await slices();
    assert.equal(slice?.metadata.labels?.["kubernetes.io/service-name"], "web");
    assert.equal(slice?.metadata.labels?.["endpointslice.kubernetes.io/managed-by"], "endpointslice-controller.k8s.io");
    assert.equal(slice?.metadata.labels?.["team"], "a");
    assert.equal(slice?.metadata.ownerReferences?.[0]?.kind, "Service");
    assert.deepEqual(slice?.ports, [{ name: "http", port: 8080, protocol: "TCP", appProtocol: "http" }]);
    assert.equal(slice?.endpoints[0]?.targetRef?.name, "a");
    assert.equal(slice?.endpoints[0]?.nodeName, "weft");
  });

  test("a pod that is being deleted leaves the ready ones in the same turn of the event loop", async () => {
    const { client, endpoints } = await open();
    await client.create(kinds.Service, service());
    await client.create(kinds.Pod, pod("a", "10.244.0.1"));
    assert.deepEqual(await endpoints(), ["10.244.0.1 ready serving"]);
    await client.delete(kinds.Pod, { namespace: "default", name: "a" });
    assert.deepEqual(await endpoints(), ["10.244.0.1 serving terminating"]);
    await client.delete(kinds.Pod, { namespace: "default", name: "a" }, { gracePeriodSeconds: 0 });
    assert.deepEqual(await endpoints(), []);
  });

  test("a change of readiness reaches the slice in one turn of the event loop", async () => {
    const { client, endpoints } = await open();
    await client.create(kinds.Service, service());
    const made = await client.create(kinds.Pod, pod("a", "10.244.0.1", { ready: false }));
    assert.deepEqual(await endpoints(), ["10.244.0.1"]);
    await client.replaceStatus(kinds.Pod, { ...made, status: pod("a", "10.244.0.1").status ?? {} });
    assert.deepEqual(await endpoints(), ["10.244.0.1 ready serving"]);
  });

  test("a service that publishes pods that are not ready calls all of them ready", async () => {
    const { client, endpoints } = await open();
    await client.create(kinds.Service, service({ clusterIP: "None", publishNotReadyAddresses: true }));
    await client.create(kinds.Pod, pod("a", "10.244.0.1", { ready: false }));
    assert.deepEqual(await endpoints(), ["10.244.0.1 ready"]);
  });

  test("pods that call different numbers by the port's name stand in slices of their own", async () => {
    const { client, slices } = await open();
    await client.create(kinds.Service, service());
    await client.create(kinds.Pod, pod("a", "10.244.0.1"));
    await client.create(kinds.Pod, pod("b", "10.244.0.2", { port: 9090 }));
    const found = (await slices()).map(({ ports, endpoints }) => [ports?.[0]?.port, endpoints[0]?.addresses[0]]);
    assert.deepEqual(new Set(found.map(String)), new Set(["8080,10.244.0.1", "9090,10.244.0.2"]));
  });

  test("a slice holds at most 100 endpoints, and an endpoint stays where it is", async () => {
    const { client, slices } = await open();
    await client.create(kinds.Service, service());
    for (let n = 0; n < 150; n += 1) await client.create(kinds.Pod, pod(`p${n}`, `10.244.1.${n}`));
    const before = await slices();
    assert.equal(before.length, 2);
    assert.deepEqual(new Set(before.map(({ endpoints }) => endpoints.length)), new Set([100, 50]));
    const full = before.find(({ endpoints }) => endpoints.length === 100);
    const name = full?.endpoints[0]?.targetRef?.name ?? "";
    await client.delete(kinds.Pod, { namespace: "default", name }, { gracePeriodSeconds: 0 });
    const after = await slices();
    assert.deepEqual(new Set(after.map(({ endpoints }) => endpoints.length)), new Set([99, 50]));
    const other = before.find((slice) => slice !== full);
    assert.deepEqual(
      after.find(({ metadata }) => metadata.name === other?.metadata.name),
      other,
    );
  });

  test("a service without pods has one slice without endpoints, which the first pod fills", async () => {
    const { client, slices, endpoints } = await open();
    await client.create(kinds.Service, service());
    const [empty] = await slices();
    assert.deepEqual(empty?.endpoints, []);
    await client.create(kinds.Pod, pod("a", "10.244.0.1"));
    assert.deepEqual(await endpoints(), ["10.244.0.1 ready serving"]);
    assert.equal((await slices())[0]?.metadata.name, empty?.metadata.name);
  });

  test("services without a selector and ExternalNames get none, and nobody else's slice is touched", async () => {
    const { client, slices } = await open();
    const own = await client.create(kinds.EndpointSlice, {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "mine", namespace: "default", labels: { "kubernetes.io/service-name": "web" } },
      addressType: "IPv4",
      endpoints: [{ addresses: ["192.0.2.1"] }],
    });
    const made = await client.create(kinds.Service, service({ type: "ExternalName", externalName: "example.com" }));
    assert.deepEqual(await slices(), [own]);
    await client.replace(kinds.Service, { ...made, spec: { ports: [{ port: 80 }] } });
    assert.deepEqual(await slices(), [own]);
  });

  test("the slices of a service go with it", async () => {
    const { client, slices } = await open();
    await client.create(kinds.Service, service());
    await client.create(kinds.Pod, pod("a", "10.244.0.1"));
    assert.equal((await slices()).length, 1);
    await client.delete(kinds.Service, { namespace: "default", name: "web" });
    assert.deepEqual(await slices(), []);
  });

  test("what somebody did to a slice is put right", async () => {
    const { client, slices, endpoints } = await open();
    await client.create(kinds.Service, service());
    await client.create(kinds.Pod, pod("a", "10.244.0.1"));
    const [slice] = await slices();
    assert.ok(slice);
    await client.replace(kinds.EndpointSlice, { ...slice, endpoints: [] });
    assert.deepEqual(await endpoints(), ["10.244.0.1 ready serving"]);
  });
});
