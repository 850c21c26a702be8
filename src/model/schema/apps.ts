import type { Static } from "typebox";
import { choice, flag, integer, intOrString, object } from "./build.ts";
import { conditions, head, labelSelector } from "./meta.ts";
import { podTemplate } from "./pod.ts";

const minReadySeconds = integer("Seconds a pod must be ready to count as available.", { default: 0, minimum: 0 });

export const deployment = object("Keeps replicas of a pod running and rolls out changes.", head, {
  spec: object(
    "What to run.",
    { selector: labelSelector, template: podTemplate },
    {
      replicas: integer("How many pods.", { default: 1, minimum: 0 }),
      minReadySeconds,
      strategy: object(
        "How pods are replaced.",
        {},
        {
          type: choice("Which way.", ["Recreate", "RollingUpdate"], { default: "RollingUpdate" }),
          rollingUpdate: object(
            "Bounds of a rolling update.",
            {},
            {
              maxUnavailable: intOrString("Pods that may be missing, number or percentage.", { default: "25%" }),
              maxSurge: intOrString("Pods that may be too many, number or percentage.", { default: "25%" }),
            },
          ),
        },
        { "x-kubernetes-patch-strategy": "retainKeys" },
      ),
      revisionHistoryLimit: integer("Old ReplicaSets kept.", { default: 10, minimum: 0 }),
      paused: flag("Do nothing."),
      progressDeadlineSeconds: integer("Seconds until a rollout counts as stuck.", { default: 600, minimum: 0 }),
    },
  ),
  status: object(
    "How far it is.",
    {},
    {
      observedGeneration: integer("Generation seen."),
      replicas: integer("Pods."),
      updatedReplicas: integer("Pods of the newest template."),
      readyReplicas: integer("Ready pods."),
      availableReplicas: integer("Available pods."),
      unavailableReplicas: integer("Missing pods."),
      terminatingReplicas: integer("Ending pods."),
      collisionCount: integer("Hash collisions."),
      conditions,
    },
  ),
});
type Deploy = Static<typeof deployment>;
export type Deployment = Deploy & { spec: NonNullable<Deploy["spec"]> };

export const replicaSet = object("Keeps replicas of one template running.", head, {
  spec: object(
    "What to run.",
    { selector: labelSelector },
    { replicas: integer("How many pods.", { default: 1, minimum: 0 }), minReadySeconds, template: podTemplate },
  ),
  status: object(
    "How far it is.",
    {},
    {
      replicas: integer("Pods."),
      fullyLabeledReplicas: integer("Pods with all labels."),
      readyReplicas: integer("Ready pods."),
      availableReplicas: integer("Available pods."),
      terminatingReplicas: integer("Ending pods."),
      observedGeneration: integer("Generation seen."),
      conditions,
    },
  ),
});
type Replicas = Static<typeof replicaSet>;
export type ReplicaSet = Replicas & { spec: NonNullable<Replicas["spec"]> };
