import { type Positions, Report } from "../finding.ts";
import type { Kind } from "../kind.ts";
import { findKind, kinds } from "../kinds.ts";
import type { LocatedObject } from "../manifest.ts";
import type { KubeObject } from "../object.ts";
import type { Loose } from "../rules/rule.ts";
import type { Pod } from "../schema/pod.ts";
import { walk } from "../walk.ts";

/** An object among others, with a report for what its references get wrong. */
export interface Placed<T> {
  /** Without what is of a wrong type: that is told elsewhere. */
  readonly object: Loose<T>;
  readonly namespace: string;
  readonly name: string;
  readonly report: Report;
}

/** Labels and containers of pods that are, or will be made by a Deployment or ReplicaSet. */
export interface PodTemplate {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: Loose<Pod>["spec"];
  /** Where `spec` stands in its object. */
  readonly path: readonly string[];
  readonly report: Report;
}

/** All objects of the files, by kind; with them those of the mesh they go to, which are found but not judged. */
export class Given {
  /** Where something was looked for, as the end of a sentence. */
  readonly where: string;
  readonly pods: readonly PodTemplate[];
  readonly #byKind = new Map<string, Placed<KubeObject>[]>();
  readonly #all: Placed<KubeObject>[] = [];

  constructor(objects: readonly LocatedObject[], inMesh?: readonly KubeObject[]) {
    this.where = inMesh ? "among these files or in the mesh" : "among these files";
    for (const { object, positions } of objects) {
      const placed = this.#add(object, positions);
      if (placed) this.#all.push(placed);
    }
    for (const object of inMesh ?? []) this.#add(object);
    this.pods = [
      ...this.of(kinds.Pod).map((pod) => template(pod, pod.object, ["spec"])),
      ...[...this.of(kinds.Deployment), ...this.of(kinds.ReplicaSet)].map((owner) =>
        template(owner, owner.object.spec?.template, ["spec", "template", "spec"]),
      ),
    ];
  }

  /** Those of the files. */
  get all(): readonly Placed<KubeObject>[] {
    return this.#all;
  }

  of<T extends KubeObject>(kind: Kind<T>): readonly Placed<T>[] {
    return (this.#byKind.get(keyOfKind(kind)) ?? []) as unknown as readonly Placed<T>[];
  }

  #add(object: KubeObject, positions?: Positions): Placed<KubeObject> | undefined {
    const kind = findKind(object.apiVersion, object.kind);
    if (!kind) return undefined;
    const clean = walk(kind.schema, object, [], new Report()) as Loose<KubeObject>;
    const namespace = kind.namespaced ? (clean.metadata?.namespace ?? "default") : "";
    const placed = { object: clean, namespace, name: clean.metadata?.name ?? "", report: new Report(positions) };
    const known = this.#byKind.get(keyOfKind(kind)) ?? [];
    // What a file says replaces what the mesh has.
    const isReplaced = !positions && known.some((one) => one.name === placed.name && one.namespace === namespace);
    if (isReplaced) return undefined;
    this.#byKind.set(keyOfKind(kind), [...known, placed]);
    return placed;
  }

  find<T extends KubeObject>(kind: Kind<T>, namespace: string, name: string): Placed<T> | undefined {
    return this.of(kind).find((placed) => placed.namespace === namespace && placed.name === name);
  }

  /** Names of a kind in a namespace, to guess what was meant. */
  names<T extends KubeObject>(kind: Kind<T>, namespace: string): string[] {
    return this.of(kind)
      .filter((placed) => placed.namespace === namespace)
      .map(({ name }) => name);
  }
}

function keyOfKind<T extends KubeObject>({ group, kind }: Kind<T>): string {
  return `${group}/${kind}`;
}

function template<T>(owner: Placed<T>, pod: Loose<Pod> | undefined, path: readonly string[]): PodTemplate {
  const labels = (pod?.metadata?.labels ?? {}) as Record<string, string>;
  return { namespace: owner.namespace, labels, spec: pod?.spec, path, report: owner.report };
}
