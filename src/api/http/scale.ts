import type { Kind, KubeObject, LabelSelector } from "../../model/index.ts";
import type { Api } from "../api.ts";
import { badRequest, invalid, methodNotAllowed } from "../faults.ts";
import { isObject } from "../patch/json-value.ts";
import { mergePatch } from "../patch/merge.ts";
import { jsonPatch } from "../patch/json.ts";
import { type Call, sendJson } from "./answer.ts";
import { mediaType, readBody } from "./body.ts";
import type { Target } from "./target.ts";
import { patchType, writeRequest } from "./write-request.ts";

/** Whether `kubectl scale` may set how many pods there are. */
export function hasScale({ group, kind }: Kind): boolean {
  return group === "apps" && (kind === "Deployment" || kind === "ReplicaSet");
}

/** The subresource `scale`: an `autoscaling/v1` Scale that shows and sets the number of pods. */
export async function serveScale(api: Api, call: Call, { kind, namespace, name = "" }: Target): Promise<void> {
  const { request, response } = call;
  const current = api.get(kind, { namespace, name });
  const answer = (object: KubeObject) => sendJson(response, 200, scaleOf(object));
  switch (request.method ?? "") {
    case "GET":
      return answer(current);
    case "PUT":
    case "PATCH": {
      const body = await readBody(request);
      const wanted = request.method === "PUT" ? body : patched(scaleOf(current), patchType(mediaType(request)), body);
      const { replicas, resourceVersion } = wishOf(kind, name, wanted);
      const metadata = resourceVersion === undefined ? {} : { metadata: { resourceVersion } };
      const patch = { type: "merge", body: { ...metadata, spec: { replicas } } } as const;
      return answer(await api.patch(kind, { namespace, name }, patch, writeRequest(call)));
    }
    default:
      throw methodNotAllowed();
  }
}

function patched(scale: object, type: "merge" | "json" | "strategic", body: unknown): unknown {
  // A Scale has no lists, so a strategic patch of it is a merge.
  return type === "json" ? jsonPatch(scale, body) : mergePatch(scale, body);
}

function wishOf(kind: Kind, name: string, scale: unknown): { replicas: number; resourceVersion: string | undefined } {
  const { spec, metadata } = isObject(scale) ? scale : {};
  const replicas = isObject(spec) ? (spec["replicas"] ?? 0) : undefined;
  if (typeof replicas !== "number" || !Number.isInteger(replicas))
    throw badRequest("spec.replicas must be a whole number");
  if (replicas < 0) {
    const message = `Invalid value: ${replicas}: must be greater than or equal to 0`;
    throw invalid(kind, name, [{ reason: "FieldValueInvalid", message, field: "spec.replicas" }]);
  }
  const version = isObject(metadata) ? metadata["resourceVersion"] : undefined;
  return { replicas, resourceVersion: typeof version === "string" && version !== "" ? version : undefined };
}

function scaleOf({ metadata, spec, status }: KubeObject): object {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const { replicas, selector } = (spec ?? {}) as { replicas?: number; selector?: LabelSelector };
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: replicas ?? 1 },
    status: { replicas: (status as { replicas?: number } | undefined)?.replicas ?? 0, selector: labels.join(",") },
  };
}
