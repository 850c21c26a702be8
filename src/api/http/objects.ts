import type { KubeObject, ObjectName } from "../../model/index.ts";
import { ApiFault } from "../../store/index.ts";
import type { Api } from "../api.ts";
import type { DeleteRequest } from "../deletion.ts";
import { badRequest, methodNotAllowed, noSuchResource, notAcceptable } from "../faults.ts";
import { isObject } from "../patch/json-value.ts";
import { type Call, sendJson } from "./answer.ts";
import { mediaType, readBody } from "./body.ts";
import { type LogProvider, serveLogs } from "./logs.ts";
import { hasScale, serveScale } from "./scale.ts";
import { listShown, shown } from "./shown.ts";
import { type Form, formOf } from "./table.ts";
import type { Target } from "./target.ts";
import { serveWatch } from "./watch.ts";
import { wholeNumber } from "./whole-number.ts";
import { patchType, writeRequest } from "./write-request.ts";

/** Answers a request for objects: the verb is the method and what the URL names. */
export async function serveObjects(api: Api, logs: LogProvider | undefined, call: Call, target: Target): Promise<void> {
  const { request, query } = call;
  const { subresource, kind } = target;
  if (subresource === "log" && kind.kind === "Pod" && kind.group === "") return serveLogs(api, logs, call, target);
  if (subresource === "scale" && hasScale(kind)) return serveScale(api, call, target);
  const known = (subresource === "status" && kind.status) || (subresource === "finalize" && kind.kind === "Namespace");
  if (subresource !== undefined && !known) throw noSuchResource();
  const form = formOf(request.headers.accept, query.get("includeObject"));
  if (!form) throw notAcceptable();
  if (target.name === undefined) return serveCollection(api, call, target, form);
  return serveObject(api, call, target, { namespace: target.namespace, name: target.name }, form);
}

async function serveCollection(api: Api, call: Call, target: Target, form: Form): Promise<void> {
  const { request, response, query } = call;
  const { kind, namespace } = target;
  const selection = {
    namespace,
    labelSelector: query.get("labelSelector") ?? undefined,
    fieldSelector: query.get("fieldSelector") ?? undefined,
  };
  switch (request.method ?? "") {
    case "GET": {
      if (["true", "1"].includes(query.get("watch") ?? "")) return serveWatch(api, call, target, selection, form);
      const exact = query.get("resourceVersionMatch") === "Exact" ? wholeNumber(query, "resourceVersion") : undefined;
      const answer = api.list(kind, {
        ...selection,
        limit: wholeNumber(query, "limit"),
        continueToken: query.get("continue") ?? undefined,
        exactVersion: exact,
      });
      const metadata = {
        resourceVersion: answer.resourceVersion,
        ...(answer.continueToken !== undefined && { continue: answer.continueToken }),
        ...(answer.remaining !== undefined && { remainingItemCount: answer.remaining }),
      };
      return sendJson(response, 200, listShown(api, target, answer.items, metadata, form));
    }
    case "POST": {
      const created = await api.create(kind, namespace, await readBody(request), writeRequest(call));
      return sendJson(response, 201, shown(api, target, created, form));
    }
    case "DELETE": {
      const options = await deleteRequest(call);
      const { items, resourceVersion } = api.list(kind, selection);
      for (const { metadata } of items) {
        const name = { namespace: metadata.namespace, name: metadata.name ?? "" };
        await api.delete(kind, name, options).catch((error: unknown) => {
          if (!(error instanceof ApiFault && error.reason === "NotFound")) throw error;
        });
      }
      return sendJson(response, 200, listShown(api, target, items, { resourceVersion }, form));
    }
    default:
      throw methodNotAllowed();
  }
}

async function serveObject(api: Api, call: Call, target: Target, name: ObjectName, form: Form): Promise<void> {
  const { request, response } = call;
  const { kind } = target;
  const answer = (object: KubeObject) => sendJson(response, 200, shown(api, target, object, form));
  switch (request.method ?? "") {
    case "GET":
      return answer(api.get(kind, name));
    case "PUT":
      return answer(await api.replace(kind, name, await readBody(request), writeRequest(call, target)));
    case "PATCH": {
      const type = patchType(mediaType(request));
      return answer(await api.patch(kind, name, { type, body: await readBody(request) }, writeRequest(call, target)));
    }
    case "DELETE": {
      const { object, gone } = await api.delete(kind, name, await deleteRequest(call));
      if (!gone) return answer(object);
      const details = {
        name: name.name,
        ...(kind.group && { group: kind.group }),
        kind: kind.plural,
        uid: object.metadata.uid,
      };
      return sendJson(response, 200, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details });
    }
    default:
      throw methodNotAllowed();
  }
}

async function deleteRequest(call: Call): Promise<DeleteRequest> {
  const { query } = call;
  const body = (await readBody(call.request)) ?? {};
  if (!isObject(body)) throw badRequest("the body of a deletion must be DeleteOptions");
  const grace = query.get("gracePeriodSeconds") ?? body["gracePeriodSeconds"];
  const policy = query.get("propagationPolicy") ?? body["propagationPolicy"];
  const preconditions = isObject(body["preconditions"]) ? body["preconditions"] : {};
  const { uid, resourceVersion } = preconditions;
  if (grace !== undefined && grace !== null && !Number.isInteger(Number(grace)))
    throw badRequest("gracePeriodSeconds must be a whole number");
  return {
    ...(grace !== undefined && grace !== null && { gracePeriodSeconds: Number(grace) }),
    ...((policy === "Foreground" || policy === "Orphan") && { propagationPolicy: policy }),
    ...(typeof uid === "string" && { uid }),
    ...(typeof resourceVersion === "string" && { resourceVersion }),
    dryRun: query.get("dryRun") === "All" || (Array.isArray(body["dryRun"]) && body["dryRun"].includes("All")),
  };
}
