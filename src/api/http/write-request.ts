import type { Patch } from "../../store/index.ts";
import type { WriteRequest } from "../api.ts";
import { badRequest, unsupportedMediaType } from "../faults.ts";
import type { Call } from "./answer.ts";
import type { Target } from "./target.ts";

/** What the query of a write asks for. */
export function writeRequest({ query, warn }: Call, target?: Target): WriteRequest {
  const dryRun = query.getAll("dryRun");
  if (dryRun.some((value) => value !== "All"))
    throw badRequest(`invalid dryRun ${JSON.stringify(dryRun)}: only "All" is known`);
  const fieldValidation = query.get("fieldValidation") ?? "Warn";
  if (fieldValidation !== "Strict" && fieldValidation !== "Warn" && fieldValidation !== "Ignore") {
    throw badRequest(`invalid fieldValidation ${JSON.stringify(fieldValidation)}: one of Ignore, Warn, Strict`);
  }
  return { dryRun: dryRun.length > 0, fieldValidation, onWarning: warn, status: target?.subresource === "status" };
}

/** The kind of patch a media type says. */
export function patchType(type: string): Patch["type"] {
  switch (type) {
    case "application/merge-patch+json":
      return "merge";
    case "application/json-patch+json":
      return "json";
    case "application/strategic-merge-patch+json":
      return "strategic";
    case "application/apply-patch+yaml":
      throw unsupportedMediaType("this server does not apply on the server's side yet: leave out --server-side");
    default:
      throw unsupportedMediaType(
        "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json",
      );
  }
}
