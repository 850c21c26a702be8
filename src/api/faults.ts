import { codeOf, Fault } from "../base/index.ts";
import type { Kind } from "../model/index.ts";
import { ApiFault } from "../store/index.ts";
import { resourceOf } from "./kind-table.ts";

/** One thing wrong with an object, as `details.causes` lists it. */
export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

const about = (kind: Kind, name: string) => ({ name, ...(kind.group && { group: kind.group }), kind: kind.plural });

export function notFound(kind: Kind, name: string): ApiFault {
  return new ApiFault(404, "NotFound", `${resourceOf(kind)} "${name}" not found`, about(kind, name));
}

export function alreadyExists(kind: Kind, name: string): ApiFault {
  return new ApiFault(409, "AlreadyExists", `${resourceOf(kind)} "${name}" already exists`, about(kind, name));
}

export function conflict(kind: Kind, name: string, why: string): ApiFault {
  const message = `Operation cannot be fulfilled on ${resourceOf(kind)} "${name}": ${why}`;
  return new ApiFault(409, "Conflict", message, about(kind, name));
}

export const modified = "the object has been modified; please apply your changes to the latest version and try again";

export function badRequest(message: string): ApiFault {
  return new ApiFault(400, "BadRequest", message);
}

export function forbidden(kind: Kind, name: string, why: string, causes: readonly Cause[] = []): ApiFault {
  const message = `${resourceOf(kind)} "${name}" is forbidden: ${why}`;
  return new ApiFault(403, "Forbidden", message, { ...about(kind, name), ...(causes.length > 0 && { causes }) });
}

function expired(message: string): ApiFault {
  return new ApiFault(410, "Expired", message);
}

/** `field: what is wrong` for each cause, as Kubernetes prints an object that breaks its rules. */
export function invalid(kind: Kind, name: string, causes: readonly Cause[]): ApiFault {
  const lines = causes.map(({ field, message }) => (field === "" ? message : `${field}: ${message}`));
  const list = lines.length === 1 ? (lines[0] ?? "") : `[${lines.join(", ")}]`;
  const title = kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`;
  const details = { name, ...(kind.group && { group: kind.group }), kind: kind.kind, causes };
  return new ApiFault(422, "Invalid", `${title} "${name}" is invalid: ${list}`, details);
}

/** Whatever was thrown, as what the API answers. */
export function apiFaultOf(error: unknown): ApiFault {
  if (error instanceof ApiFault) return error;
  const message = error instanceof Error ? error.message : String(error);
  const withRemedy = error instanceof Fault && error.remedy ? `${message}; ${error.remedy}` : message;
  switch (codeOf(error)) {
    case "store-expired":
      return expired(message);
    case "store-full":
      return new ApiFault(507, "InternalError", withRemedy);
    case "store-closed":
      return new ApiFault(503, "ServiceUnavailable", "the server is stopping");
    case "patch-invalid":
      return badRequest(message);
    case "patch-failed":
      return new ApiFault(422, "Invalid", `the server rejected our request due to an error in our request: ${message}`);
    case undefined:
    default:
      return new ApiFault(500, "InternalError", `Internal error occurred: ${withRemedy}`);
  }
}

/** The `Status` object for a refusal. */
export function statusOf(fault: ApiFault): Record<string, unknown> {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: fault.message,
    reason: fault.reason,
    ...(fault.details === undefined ? {} : { details: fault.details }),
    code: fault.status,
  };
}

export function namespaceNotFound(name: string): ApiFault {
  return new ApiFault(404, "NotFound", `namespaces "${name}" not found`, { name, kind: "namespaces" });
}

export function unsupportedMediaType(message: string): ApiFault {
  return new ApiFault(415, "UnsupportedMediaType", message);
}

export function noSuchResource(): ApiFault {
  return new ApiFault(404, "NotFound", "the server could not find the requested resource", {});
}

export function methodNotAllowed(): ApiFault {
  return new ApiFault(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});
}

export function notAcceptable(): ApiFault {
  return new ApiFault(406, "NotAcceptable", "only the following media types are accepted: application/json");
}
