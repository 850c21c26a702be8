import { type Path, pathText, type Positions, type ReadDocument, readDocuments } from "../documents/index.ts";
import type { Position } from "../base/index.ts";
import type { Finding } from "./finding.ts";
import type { KubeObject } from "./object.ts";

/** An object and where it stands. */
export interface LocatedObject {
  readonly object: KubeObject;
  readonly file: string;
  /** Of the object's beginning. */
  readonly at: Position;
  readonly positions: Positions;
}

export interface Manifests {
  readonly objects: LocatedObject[];
  readonly findings: Finding[];
}

/**
 * Reads YAML or JSON with any number of documents; Lists are flattened, empty documents skipped.
 * What cannot be read is a finding with its position; the rest is still read.
 */
export function readManifests(text: string, file: string): Manifests {
  const objects: LocatedObject[] = [];
  const { documents, faults } = readDocuments(text, file);
  const findings = faults.map((fault): Finding => ({ severity: "error", path: "", ...fault }));
  for (const document of documents) collect(document.value, [], { document, file, objects, findings });
  return { objects, findings };
}

interface Reading {
  readonly document: ReadDocument;
  readonly file: string;
  readonly objects: LocatedObject[];
  readonly findings: Finding[];
}

function collect(value: unknown, prefix: Path, reading: Reading): void {
  const positions = reading.document.positions(prefix);
  const at = positions.value([]);
  const refuse = (message: string) =>
    reading.findings.push({ severity: "error", code: "not-an-object", path: pathText(prefix), message, at });
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    refuse(
      `this is ${Array.isArray(value) ? "a list" : `the ${typeof value} ${JSON.stringify(value)}`}, not a Kubernetes object`,
    );
    return;
  }
  const { apiVersion, kind } = value as Readonly<Record<string, unknown>>;
  const items: unknown = "items" in value ? value.items : undefined;
  if (typeof kind === "string" && kind.endsWith("List") && Array.isArray(items)) {
    for (const [index, item] of items.entries()) collect(item, [...prefix, "items", index], reading);
    return;
  }
  const missing = [
    ...(typeof apiVersion === "string" && apiVersion !== "" ? [] : ["apiVersion"]),
    ...(typeof kind === "string" && kind !== "" ? [] : ["kind"]),
  ];
  if (missing.length > 0) {
    refuse(
      `${missing.join(" and ")} not set; every object begins with both, for example \`apiVersion: v1\` and \`kind: Service\``,
    );
    return;
  }
  const object = value as KubeObject;
  if (typeof object.metadata !== "object" || object.metadata === null || Array.isArray(object.metadata)) {
    refuse("metadata is missing; an object needs at least metadata.name");
    return;
  }
  reading.objects.push({ object, file: reading.file, at, positions });
}
