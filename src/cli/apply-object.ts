import { isDeepStrictEqual } from "node:util";
import { codeOf, Fault } from "../base/index.ts";
import { apiVersionOf, type Kind, type KubeObject } from "../model/index.ts";
import type { Client } from "./connect.ts";
import { threeWay } from "./three-way.ts";
import { singularOf } from "./wanted.ts";

/** kubectl's own, so that both programs can take turns on one object. */
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** Another writer may come between reading and writing this often. */
const attempts = 5;

export interface ApplyOptions {
  readonly dryRun?: boolean;
  readonly onWarning: (text: string) => void;
}

/** Makes an object as it is written, or changes the one there is as `kubectl apply` does. */
export async function applyObject(
  client: Client,
  kind: Kind,
  written: KubeObject,
  options: ApplyOptions,
): Promise<"created" | "configured" | "unchanged"> {
  const name = nameOf(written);
  const wanted = annotated(written, kind);
  for (let attempt = 1; ; attempt += 1) {
    const live = await client.get(kind, name);
    try {
      if (!live) {
        await client.create(kind, wanted, options);
        return "created";
      }
      const next = merged(kind, live, wanted);
      const result = await client.replace(kind, next, options);
      return isDeepStrictEqual(wishOf(result), wishOf(live)) ? "unchanged" : "configured";
    } catch (error) {
      const isRace = codeOf(error) === "Conflict" || (codeOf(error) === "AlreadyExists" && !live);
      if (!isRace || attempt === attempts) throw error;
    }
  }
}

/** `deployment.apps/reviews-v1` */
export function titleOf(kind: Kind, { metadata }: KubeObject): string {
  return `${singularOf(kind)}/${metadata.name ?? ""}`;
}

function merged(kind: Kind, live: KubeObject, wanted: KubeObject): KubeObject {
  const { status: _, ...rest } = wanted;
  const next = threeWay(
    { live, before: before(live), wanted: rest },
    kind.strategic ? kind.schema : undefined,
  ) as KubeObject;
  // Whoever wrote meanwhile makes this version too old, and the merge is made anew.
  return { ...next, metadata: { ...next.metadata, resourceVersion: live.metadata.resourceVersion ?? "" } };
}

/** Without what only the server counts: a dry run has no version of its own. */
function wishOf({ metadata, status: _status, ...rest }: KubeObject): unknown {
  const { resourceVersion: _version, managedFields: _fields, generation: _generation, ...own } = metadata;
  return { ...rest, metadata: own };
}

/** What was applied last, without what the server says about the object. */
function before({ metadata }: KubeObject): unknown {
  const text = metadata.annotations?.[lastApplied];
  if (text === undefined) return undefined;
  try {
    const { status: _, apiVersion: _version, kind: _kind, ...rest } = JSON.parse(text) as KubeObject;
    return rest;
  } catch {
    return undefined;
  }
}

function annotated(written: KubeObject, kind: Kind): KubeObject {
  const { annotations: given = {}, ...metadata } = written.metadata;
  const { [lastApplied]: _, ...annotations } = given;
  const plain = { ...written, metadata: { ...metadata, annotations } };
  return {
    ...plain,
    apiVersion: apiVersionOf(kind),
    metadata: { ...metadata, annotations: { ...annotations, [lastApplied]: `${JSON.stringify(plain)}\n` } },
  };
}

function nameOf({ kind, metadata }: KubeObject): { namespace?: string; name: string } {
  if (!metadata.name)
    throw new Fault("generate-name", `cannot apply a ${kind} with generateName: it would be a new one each time`, {
      remedy: "give it metadata.name",
    });
  return { name: metadata.name, ...(metadata.namespace !== undefined && { namespace: metadata.namespace }) };
}
