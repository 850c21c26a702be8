import type { Column, Kind, KubeObject } from "../../model/index.ts";

/** What a client asked its answer to look like. */
export type Form = { readonly as: "whole" | "metadata" } | { readonly as: "table"; readonly include: Include };
type Include = "None" | "Metadata" | "Object";

/** The first form of an Accept header that can be given; undefined when none can. */
export function formOf(accept: string | undefined, include: string | null): Form | undefined {
  if (!accept) return { as: "whole" };
  for (const range of accept.split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    if (!["application/json", "*/*", "application/*"].includes(type)) continue;
    const as = parameters.find((parameter) => parameter.startsWith("as="))?.slice(3);
    if (as === undefined) return { as: "whole" };
    if (!parameters.includes("v=v1") || !parameters.includes("g=meta.k8s.io")) continue;
    if (as === "Table")
      return { as: "table", include: include === "None" || include === "Object" ? include : "Metadata" };
    if (as === "PartialObjectMetadata" || as === "PartialObjectMetadataList") return { as: "metadata" };
  }
  return undefined;
}

export interface TableOptions {
  readonly kind: Kind;
  readonly include: Include;
  readonly metadata: object;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Watches send the columns only once. */
  readonly columns?: boolean;
}

/** `meta.k8s.io/v1` Table: what `kubectl get` prints. */
export function tableOf(
  objects: readonly KubeObject[],
  { kind, include, metadata, now, columns = true }: TableOptions,
) {
  const shown = kind.columns.length > 0 ? kind.columns : plainColumns;
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    columnDefinitions: columns ? shown.map(definition) : [],
    rows: objects.map((object) => ({
      cells: shown.map(({ cell }) => cell(object, now)),
      ...(include !== "None" && { object: include === "Object" ? object : partial(object) }),
    })),
  };
}

/** An object without what its kind adds. */
export function partial({ metadata }: KubeObject) {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
}

function definition({ name, type, description, priority }: Column) {
  return {
    name,
    // Ages come printed.
    type: type === "date" ? "string" : type,
    format: name === "Name" ? "name" : "",
    description,
    priority,
  };
}

const plainColumns: readonly Column[] = [
  {
    name: "Name",
    type: "string",
    description: "The object's name.",
    priority: 0,
    cell: ({ metadata }) => metadata.name ?? "",
  },
  {
    name: "Created At",
    type: "string",
    description: "When the object was created.",
    priority: 0,
    cell: ({ metadata }) => metadata.creationTimestamp ?? "",
  },
];
