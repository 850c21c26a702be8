import { type Kind, keyOf, type KubeObject } from "../model/index.ts";
import type { Store } from "../store/index.ts";
import { apiFaultOf, badRequest } from "./faults.ts";
import { resourceOf } from "./kind-table.ts";
import { selection, type SelectionRequest } from "./selection.ts";

export interface ListRequest extends SelectionRequest {
  readonly limit?: number | undefined;
  /** From the answer before. */
  readonly continueToken?: string | undefined;
  /** Exactly this version. */
  readonly exactVersion?: number | undefined;
}

export interface ListAnswer {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  /** Present when there are more. */
  readonly continueToken?: string;
  readonly remaining?: number;
}

/** All pages of a list show one version, the one of the first page. */
export function listObjects(store: Store, kind: Kind, request: ListRequest): ListAnswer {
  const { limit, namespace } = request;
  const start = request.continueToken ? readToken(request.continueToken) : undefined;
  const at = start?.version ?? request.exactVersion;
  const selects = selection(request);
  try {
    const { objects, version } = store.list(resourceOf(kind), { namespace, ...(at !== undefined && { at }) });
    const rest = start === undefined ? objects : objects.filter((object) => keyOf(object) > start.after);
    const items = rest.filter(selects);
    const answer = { items, resourceVersion: String(version) };
    if (!limit || items.length <= limit) return answer;
    const page = items.slice(0, limit);
    const last = page.at(-1);
    const continueToken = writeToken({ version, after: last ? keyOf(last) : "" });
    return { ...answer, items: page, continueToken, remaining: items.length - limit };
  } catch (error) {
    throw apiFaultOf(error);
  }
}

interface Token {
  readonly version: number;
  readonly after: string;
}

function writeToken({ version, after }: Token): string {
  return Buffer.from(JSON.stringify([version, after])).toString("base64url");
}

function readToken(text: string): Token {
  try {
    const [version, after] = JSON.parse(Buffer.from(text, "base64url").toString()) as unknown[];
    if (typeof version === "number" && typeof after === "string") return { version, after };
  } catch {
    // Said below.
  }
  throw badRequest("continue key is not valid");
}
