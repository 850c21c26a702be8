import type { Kind, KubeObject } from "../model/index.ts";

/** `group/version`, or `version` in the core group. */
export function apiVersionOf(kind: Kind, version: string = kind.versions[0]): string {
  return kind.group === "" ? version : `${kind.group}/${version}`;
}

/** `plural.group`, or `plural` in the core group: how messages and the store name a resource. */
export function resourceOf(kind: Kind): string {
  return kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`;
}

/** The kinds that are served, found by what URLs and objects say. */
export class KindTable {
  readonly all: readonly Kind[];
  readonly #byResource = new Map<string, Kind>();
  readonly #byKind = new Map<string, Kind>();

  constructor(kinds: readonly Kind[]) {
    this.all = kinds;
    for (const kind of kinds) {
      for (const version of kind.versions) {
        const apiVersion = apiVersionOf(kind, version);
        this.#byResource.set(`${apiVersion}/${kind.plural}`, kind);
        this.#byKind.set(`${apiVersion}/${kind.kind}`, kind);
      }
    }
  }

  byResource(apiVersion: string, plural: string): Kind | undefined {
    return this.#byResource.get(`${apiVersion}/${plural}`);
  }

  byKind({ apiVersion, kind }: Pick<KubeObject, "apiVersion" | "kind">): Kind | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`);
  }

  /** The groups besides the core one, with their versions, the preferred first. */
  get groups(): ReadonlyMap<string, readonly string[]> {
    const groups = new Map<string, string[]>();
    for (const { group, versions } of this.all) {
      const known = groups.get(group) ?? [];
      groups.set(group, [...known, ...versions.filter((version) => !known.includes(version))]);
    }
    return groups;
  }
}
