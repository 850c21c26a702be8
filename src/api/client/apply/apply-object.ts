import { isDeepStrictEqual } from "node:util";
import { codeOf, Fault } from "../../../base/index.ts";
import { apiVersionOf, type Kind, type KubeObject } from "../../../model/index.ts";
import type { Client } from "../../../store/index.ts";
import { annotated, lastApplied } from "./last-applied.ts";
import { threeWay } from "./three-way.ts";

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
  for (let attempt = 1; ; attempt += 1) {
    const live = await client.get(kind, name);
    const wanted = { ...annotated(written, live), apiVersion: apiVersionOf(kind) };
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

function merged(kind: Kind, live: KubeObject, wanted: KubeObject): KubeObject {
  const { status: _status, ...rest } = wanted;
  const next = threeWay(
    { live, before: lastApplied(live), wanted: rest },
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

function nameOf({ kind, metadata }: KubeObject): { namespace?: string; name: string } {
  if (!metadata.name)
    throw new Fault("generate-name", `cannot apply a ${kind} with generateName: it would be a new one each time`, {
      remedy: "give it metadata.name",
    });
  return { name: metadata.name, ...(metadata.namespace !== undefined && { namespace: metadata.namespace }) };
}
