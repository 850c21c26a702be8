import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../../../model/index.ts";

/** kubectl's own, so that both programs can take turns on one object. */
const annotation = "kubectl.kubernetes.io/last-applied-configuration";

/** The object with itself as its annotation. Where the live object says the same, in whatever words, its words stay. */
export function annotated(object: KubeObject, live: KubeObject | undefined): KubeObject {
  const { annotations, ...metadata } = object.metadata;
  const { [annotation]: _, ...others } = annotations ?? {};
  const plain = { ...object, metadata: { ...metadata, annotations: others } };
  const known = live?.metadata.annotations?.[annotation];
  const text = known !== undefined && isDeepStrictEqual(parsed(known), plain) ? known : asGo(plain);
  return { ...plain, metadata: { ...metadata, annotations: { ...others, [annotation]: text } } };
}

/** What was applied last, by whichever program; undefined when nothing was. */
export function lastApplied({ metadata }: KubeObject): unknown {
  const object = parsed(metadata.annotations?.[annotation] ?? "");
  if (typeof object !== "object" || object === null) return undefined;
  const { status: _, apiVersion: _version, kind: _kind, ...rest } = object as Partial<KubeObject>;
  return rest;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The bytes kubectl would write: sorted keys, what HTML minds escaped, a line end. Else it would find a change where none is. */
function asGo(value: unknown): string {
  const escaped = JSON.stringify(sorted(value)).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${escaped}\n`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, part]) => [key, sorted(part)]));
}
