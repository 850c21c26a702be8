import { stringify } from "yaml";
import type { Column, Kind, KubeObject } from "../model/index.ts";
import { singularOf } from "./wanted.ts";

export const forms = ["yaml", "json", "wide", "name"] as const;
export type Form = (typeof forms)[number] | "table";

export interface Rows {
  readonly isWide: boolean;
  readonly withNamespace: boolean;
  /** `pod/web` instead of `web`. */
  readonly withKind: boolean;
  /** Milliseconds since the epoch; ages are relative to it. */
  readonly now: number;
}

/** The heads of a kind's columns, as kubectl writes them. */
export function headsOf(kind: Kind, { isWide, withNamespace }: Rows): string[] {
  const heads = columnsOf(kind, isWide).map(({ name }) => name.toUpperCase());
  return withNamespace ? ["NAMESPACE", ...heads] : heads;
}

export function rowOf(kind: Kind, object: KubeObject, { isWide, withNamespace, withKind, now }: Rows): string[] {
  const cells = columnsOf(kind, isWide).map(({ name, cell }) => {
    const text = String(cell(object, now));
    return withKind && name === "Name" ? `${singularOf(kind)}/${text}` : text;
  });
  return withNamespace ? [object.metadata.namespace ?? "", ...cells] : cells;
}

/** One object as it is, or several as a List. */
export function documentOf(form: "yaml" | "json", objects: readonly KubeObject[], isList: boolean): string {
  const shown = objects.map(readable);
  const list = { apiVersion: "v1", kind: "List", metadata: { resourceVersion: "" }, items: shown };
  const value = isList ? list : shown[0];
  return form === "json"
    ? `${JSON.stringify(value, null, 2)}\n`
    : stringify(value, { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false });
}

/** Who wrote which field is noise to people. */
function readable(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function columnsOf({ columns }: Kind, isWide: boolean): readonly Column[] {
  return columns.filter(({ priority }) => isWide || priority === 0);
}
