import { afterEach } from "node:test";
import { ManualClock } from "../../base/index.ts";
import { kinds, type Pod } from "../../model/index.ts";
import type { AgentCommand, PodOrder, PodReport } from "../../runtime/index.ts";
import { EventRecorder } from "../event.ts";
import { memoryClient } from "../memory-client.ts";
import { World } from "../world.ts";
import { Kubelet, orderInputs } from "./index.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** For tests: a kubelet whose orders have as environment the data of the ConfigMap `settings`, and which fails without it where asked to. */
export async function openKubelet({
  strict = false,
  isCalled = () => false,
}: { strict?: boolean; isCalled?: () => boolean } = {}) {
  const clock = new ManualClock();
  const client = memoryClient(clock);
  const world = new World({ client, clock });
  const events = new EventRecorder(world, "kubelet");
  const commands: (readonly PodOrder[])[] = [];
  let statusWrites = 0;
  let addressChanges = 0;
  const replaceStatus = client.replaceStatus.bind(client);
  client.replaceStatus = (kind, object) => {
    statusWrites += 1;
    return replaceStatus(kind, object);
  };
  const kubelet = new Kubelet({
    world,
    events,
    isCalled,
    send: (command: AgentCommand) => {
      if (command.kind === "pods") commands.push(command.orders);
    },
    resolve: async (pod) => {
      const settings = orderInputs(world, pod).configMaps.find(({ metadata }) => metadata.name === "settings");
      if (strict && !settings) throw new Error("no settings");
      const container = { name: "web", argv: ["web"], env: settings?.data ?? {} };
      return { pod, containers: [container], initContainers: [], volumes: {} };
    },
    onAddresses: () => (addressChanges += 1),
  });
  closers.push(
    () => kubelet.close(),
    () => world.close(),
  );
  await world.synced();
  const settle = async () => {
    await turn();
    await kubelet.idle();
    await events.settled();
    await turn();
    await kubelet.idle();
  };
  const get = (name = "web-1") => client.get(kinds.Pod, { namespace: "default", name });
  const running = async () => {
    const made = await client.create(kinds.Pod, pod());
    const uid = made.metadata.uid ?? "";
    await settle();
    kubelet.receive({ kind: "pod", uid, status: ready });
    await settle();
    return uid;
  };
  const last = () => commands.at(-1) ?? [];
  const counts = () => ({ statusWrites, addressChanges, commands: commands.length });
  return { clock, client, kubelet, settle, get, running, last, counts };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

export function pod(spec: Partial<Pod["spec"]> = {}): Pod {
  const containers = [{ name: "web", envFrom: [{ configMapRef: { name: "settings" } }] }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web-1", namespace: "default" },
    spec: { nodeName: "weft", containers, ...spec },
  };
}

export const starting: PodReport = {
  phase: "Pending",
  ready: false,
  initialized: true,
  podIP: "10.244.0.1",
  realIP: "10.245.0.1",
  hostIP: "10.245.255.1",
  startTime: "2024-01-01T00:00:00Z",
  containerStatuses: [
    { name: "web", ready: false, image: "", imageID: "", restartCount: 0, state: { waiting: { reason: "Creating" } } },
  ],
  initContainerStatuses: [],
};
export const ready: PodReport = {
  ...starting,
  phase: "Running",
  ready: true,
  containerStatuses: [{ name: "web", ready: true, image: "", imageID: "", restartCount: 0, state: { running: {} } }],
};

export const condition = (pod: Pod | undefined, type: string) =>
  pod?.status?.conditions?.find((condition) => condition.type === type);
