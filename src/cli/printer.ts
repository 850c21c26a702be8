import { stringify } from "yaml";
import type { Column, Kind, KubeObject } from "../model/index.ts";
import { Table } from "./table.ts";
import { titleOf } from "./wanted.ts";

export const forms = ["yaml", "json", "wide", "name"] as const;
export type Form = (typeof forms)[number] | "table";

export interface Look {
  readonly form: Form;
  readonly withNamespace: boolean;
  /** `pod/web` instead of `web`. */
  readonly withKind: boolean;
  readonly withHeads: boolean;
}

/** Prints objects of one kind, as they come: heads before the first, columns that stay aligned. */
export class Sheet {
  readonly #kind: Kind;
  readonly #look: Look;
  readonly #table = new Table();
  #isBegun = false;

  constructor(kind: Kind, look: Look) {
    this.#kind = kind;
    this.#look = look;
  }

  /** `now`: milliseconds since the epoch, for ages. */
  lines(objects: readonly KubeObject[], now: number): string {
    const { form, withHeads } = this.#look;
    if (form === "yaml" || form === "json") {
      const separator = form === "yaml" ? "---\n" : "";
      return objects.map((object) => separator + documentOf(form, [object], false)).join("");
    }
    if (form === "name") return objects.map((object) => `${titleOf(this.#kind, object)}\n`).join("");
    const heads = withHeads && !this.#isBegun && objects.length > 0 ? [this.#heads()] : [];
    this.#isBegun ||= objects.length > 0;
    return this.#table.lines([...heads, ...objects.map((object) => this.#row(object, now))]);
  }

  #columns(): readonly Column[] {
    return this.#kind.columns.filter(({ priority }) => priority === 0 || this.#look.form === "wide");
  }

  #heads(): string[] {
    const heads = this.#columns().map(({ name }) => name.toUpperCase());
    return this.#look.withNamespace ? ["NAMESPACE", ...heads] : heads;
  }

  #row(object: KubeObject, now: number): string[] {
    const { withKind, withNamespace } = this.#look;
    const cells = this.#columns().map(({ name, cell }) =>
      withKind && name === "Name" ? titleOf(this.#kind, object) : String(cell(object, now)),
    );
    return withNamespace ? [object.metadata.namespace ?? "", ...cells] : cells;
  }
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
