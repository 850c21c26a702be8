import type { Static } from "typebox";
import type { ObjectMeta } from "../object.ts";
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
  schemaOf,
  text,
  textSet,
  texts,
  time,
} from "./build.ts";

const ownerReference = object(
  "The object that owns this one.",
  {
    apiVersion: text("Version of the owner."),
    kind: text("Kind of the owner."),
    name: text("Name of the owner."),
    uid: text("UID of the owner."),
  },
  {
    controller: flag("It is the managing controller."),
    blockOwnerDeletion: flag("Foreground deletion of the owner waits for this object."),
  },
);

const labels = map("Labels: keys and values that selectors match.", text("", { format: "label-value" }));

export const objectMeta = schemaOf<ObjectMeta>(
  object(
    "Name, namespace, labels and bookkeeping.",
    {},
    {
      name: text("Unique within namespace and kind."),
      generateName: text("Prefix of a name the server makes unique."),
      namespace: text("The namespace; `default` if absent.", { format: "dns-label" }),
      uid: text("Unique in time and space; set by the server."),
      resourceVersion: text("Changes with every write; set by the server."),
      generation: integer("Counts changes of the desired state; set by the server."),
      creationTimestamp: time("When the server created it."),
      deletionTimestamp: time("When deletion was asked for."),
      deletionGracePeriodSeconds: integer("Seconds until it is removed."),
      labels,
      annotations: map("Free-form notes for tools.", text("")),
      ownerReferences: keyed("Owners; garbage collection follows them.", ownerReference, "uid"),
      finalizers: textSet("Who must agree before it is removed."),
      managedFields: list("Which manager owns which fields.", anything("An entry."), atomic),
      selfLink: text("Unused."),
    },
  ),
);

const labelRequirement = object(
  "A requirement on one label.",
  {
    key: text("Label key.", { format: "label-key" }),
    operator: choice("Relation.", ["In", "NotIn", "Exists", "DoesNotExist"]),
  },
  { values: texts("Values; needed by In and NotIn, not allowed otherwise.", atomic) },
);

export const labelSelector = object(
  "Labels that objects must have; an empty selector matches everything.",
  {},
  {
    matchLabels: map("Exact labels.", text("", { format: "label-value" })),
    matchExpressions: list("Requirements, all of which hold.", labelRequirement, atomic),
  },
);
export type LabelSelector = Static<typeof labelSelector>;

const condition = object(
  "An observation about the object.",
  { type: text("Which condition."), status: choice("Whether it holds.", ["True", "False", "Unknown"]) },
  {
    observedGeneration: integer("Generation it is about."),
    lastHeartbeatTime: time("Last seen."),
    lastProbeTime: time("Last probed."),
    lastUpdateTime: time("Last updated."),
    lastTransitionTime: time("Last time the status changed."),
    reason: text("One CamelCase word."),
    message: text("For people."),
  },
);
export type Condition = Static<typeof condition>;

export const conditions = keyed("Observations, one a type.", condition, "type");

export const localReference = object("An object of the same namespace.", {}, { name: text("Its name.") });

export const objectReference = object(
  "A reference to any object.",
  {},
  {
    kind: text("Kind."),
    namespace: text("Namespace."),
    name: text("Name."),
    uid: text("UID."),
    apiVersion: text("API version."),
    resourceVersion: text("Version."),
    fieldPath: text("A part of it, as `spec.containers{name}`."),
  },
);

/** The four fields every object begins with, around its own. */
export const head = {
  apiVersion: text("Group and version of the kind."),
  kind: text("The kind."),
  metadata: objectMeta,
};
