import type { Static } from "typebox";
import {
  anything,
  atomic,
  choice,
  flag,
  integer,
  keyed,
  list,
  map,
  object,
  quantity,
  text,
  texts,
  time,
} from "./build.ts";
import { conditions, head, localReference, objectReference } from "./meta.ts";

export const namespace = object("A space of names.", head, {
  spec: object("Settings.", {}, { finalizers: texts("Who must agree before it is removed.", atomic) }),
  status: object("State.", {}, { phase: choice("Phase.", ["Active", "Terminating"]), conditions }),
});
export type Namespace = Static<typeof namespace>;

export const configMap = object("Settings.", head, {
  data: map("Texts.", text("Value.")),
  binaryData: map("Bytes in base64.", text("Value.", { format: "byte" })),
  immutable: flag("May not change."),
});
export type ConfigMap = Static<typeof configMap>;

export const secret = object("Confidential settings.", head, {
  data: map("Bytes in base64.", text("Value.", { format: "byte" })),
  stringData: map("Texts, stored into data.", text("Value.")),
  type: text("What it is for.", { default: "Opaque" }),
  immutable: flag("May not change."),
});
export type Secret = Static<typeof secret>;

export const serviceAccount = object("An identity for pods.", head, {
  secrets: keyed("Secrets pods may use.", objectReference, "name"),
  imagePullSecrets: list("Credentials for registries.", localReference, atomic),
  automountServiceAccountToken: flag("Mount a token."),
});
export type ServiceAccount = Static<typeof serviceAccount>;

export const node = object("A machine.", head, {
  spec: object(
    "Settings.",
    {},
    {
      podCIDR: text("Addresses of its pods."),
      podCIDRs: texts("Addresses of its pods.", {
        "x-kubernetes-patch-strategy": "merge",
        "x-kubernetes-list-type": "set",
      }),
      providerID: text("Id at its provider."),
      unschedulable: flag("Takes no new pods."),
      taints: list(
        "What pods must bear.",
        object(
          "A taint.",
          { key: text("Key."), effect: choice("Effect.", ["NoSchedule", "PreferNoSchedule", "NoExecute"]) },
          { value: text("Value."), timeAdded: time("Since.") },
        ),
        atomic,
      ),
      configSource: anything("Unused."),
      externalID: text("Unused."),
    },
  ),
  status: object(
    "State.",
    {},
    {
      capacity: map("All it has.", quantity("Amount.")),
      allocatable: map("What pods may use.", quantity("Amount.")),
      phase: text("Unused."),
      conditions,
      addresses: keyed(
        "Addresses.",
        object("An address.", { type: text("Kind."), address: text("Address.") }, {}),
        "type",
      ),
      daemonEndpoints: anything("Ports of its agent."),
      nodeInfo: object(
        "Its software.",
        {},
        {
          machineID: text("Machine."),
          systemUUID: text("System."),
          bootID: text("Boot."),
          kernelVersion: text("Kernel."),
          osImage: text("Operating system."),
          containerRuntimeVersion: text("Runtime."),
          kubeletVersion: text("Agent."),
          kubeProxyVersion: text("Proxy."),
          operatingSystem: text("Operating system."),
          architecture: text("Processor."),
          swap: anything("Swap."),
        },
      ),
      images: list("Images.", anything("An image."), atomic),
      volumesInUse: texts("Volumes.", atomic),
      volumesAttached: list("Volumes.", anything("A volume."), atomic),
      config: anything("Unused."),
      runtimeHandlers: list("Runtimes.", anything("A runtime."), atomic),
      features: anything("Features."),
      declaredFeatures: texts("Features.", atomic),
    },
  ),
});
export type Node = Static<typeof node>;

export const event = object(
  "Something that happened to an object.",
  { ...head, involvedObject: objectReference },
  {
    reason: text("One word."),
    message: text("For people."),
    source: object("Who says so.", {}, { component: text("Component."), host: text("Host.") }),
    firstTimestamp: time("First time."),
    lastTimestamp: time("Last time."),
    count: integer("How often."),
    type: text("Normal or Warning."),
    eventTime: time("First time, exactly."),
    series: object(
      "A run of the same event.",
      {},
      { count: integer("How often."), lastObservedTime: time("Last time.") },
    ),
    action: text("What was done."),
    related: objectReference,
    reportingComponent: text("Who says so."),
    reportingInstance: text("Which one of them."),
  },
);
export type Event = Static<typeof event>;
