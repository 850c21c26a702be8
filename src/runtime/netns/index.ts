/** The pod network of Linux: a node namespace with a bridge, and pods in namespaces of their own beside it. */
import { mkdir, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock, Log } from "../../base/index.ts";
import type { PodHost } from "../sandbox.ts";
import { PodAddresses } from "./addresses.ts";
import { makeNodeNetwork } from "./node-network.ts";
import { NetnsPod, type PodSurroundings } from "./pod.ts";

export * from "./node-namespace.ts";

export interface NetnsOptions {
  /** A folder of the agent's; the volumes of pods stand in it too. */
  readonly scratch: string;
  /** Files and folders that programs of pods find empty: keys of the mesh, volumes and output of other pods. */
  readonly hidden?: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}

/** To be called once by the first program of a node namespace: makes its network, then hands out pods. */
export async function openNetnsHost(options: NetnsOptions): Promise<PodHost> {
  await mkdir(options.scratch, { recursive: true });
  // What a mesh that was killed left there.
  await rm(join(options.scratch, "netns"), { recursive: true, force: true });
  const [scratch] = await Promise.all([realpath(options.scratch), makeNodeNetwork()]);
  const { hidden = [], clock } = options;
  const around: PodSurroundings = { scratch, hidden, clock, addresses: new PodAddresses(clock) };
  const pods = new Set<NetnsPod>();
  return {
    network: "netns",
    async open(spec) {
      const pod = await NetnsPod.open(spec, around);
      pods.add(pod);
      void pod.ended.then(() => pods.delete(pod));
      options.log.debug("pod opened", { pod: `${spec.namespace}/${spec.name}`, ip: pod.podIP });
      return pod;
    },
    names: () => undefined,
    async close() {
      await Promise.all([...pods].map((pod) => pod.close()));
      pods.clear();
    },
  };
}
