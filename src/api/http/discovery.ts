import type { Kind } from "../../model/index.ts";
import type { KindTable } from "../kind-table.ts";
import { hasScale } from "./scale.ts";

const verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

interface Subresource {
  readonly name: string;
  readonly verbs: readonly string[];
  /** What it is made of, where that is not the kind itself. */
  readonly of?: { readonly group: string; readonly version: string; readonly kind: string };
}

function subresourcesOf(kind: Kind): readonly Subresource[] {
  const found: Subresource[] = [];
  if (kind.status) found.push({ name: "status", verbs: ["get", "patch", "update"] });
  if (hasScale(kind))
    found.push({
      name: "scale",
      verbs: ["get", "patch", "update"],
      of: { group: "autoscaling", version: "v1", kind: "Scale" },
    });
  if (kind.group === "" && kind.kind === "Pod") found.push({ name: "log", verbs: ["get"] });
  if (kind.group === "" && kind.kind === "Namespace") found.push({ name: "finalize", verbs: ["update"] });
  return found;
}

/** The media type to answer with, when the client can read an aggregated discovery document. */
export function aggregatedType(
  accept: string | undefined,
): { readonly type: string; readonly version: string } | undefined {
  for (const range of accept?.split(",") ?? []) {
    const parts = new Set(range.split(";").map((part) => part.trim()));
    if (!parts.has("as=APIGroupDiscoveryList") || !parts.has("g=apidiscovery.k8s.io")) continue;
    for (const version of ["v2", "v2beta1"]) {
      if (!parts.has(`v=${version}`)) continue;
      return { type: `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`, version };
    }
  }
  return undefined;
}

/** All of one root (`/api` or `/apis`) in one document. */
export function aggregated(kinds: KindTable, root: "api" | "apis", version: string): object {
  const groups = [...kinds.groups].filter(([group]) => (group === "") === (root === "api"));
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(([group, versions]) => ({
      metadata: { name: group, creationTimestamp: null },
      versions: versions.map((served) => ({
        version: served,
        resources: kindsOf(kinds, group, served).map((kind) => aggregatedResource(kind, served)),
        freshness: "Current",
      })),
    })),
  };
}

function aggregatedResource(kind: Kind, version: string): object {
  const responseKind = { group: kind.group, version, kind: kind.kind };
  return {
    resource: kind.plural,
    responseKind,
    scope: kind.namespaced ? "Namespaced" : "Cluster",
    singularResource: kind.singular,
    verbs,
    ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
    ...(kind.categories.length > 0 && { categories: kind.categories }),
    subresources: subresourcesOf(kind).map((each) => ({
      subresource: each.name,
      responseKind: each.of ?? responseKind,
      verbs: each.verbs,
    })),
  };
}

/** The separate lists that older clients read; undefined when the path is none of them. */
export function legacy(kinds: KindTable, path: string): object | undefined {
  const [root, group = "", version = "", ...rest] = path.replace(/^\/|\/$/g, "").split("/");
  if (rest.length > 0) return undefined;
  if (root === "api") {
    if (group === "") return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
    return version === "" ? resources(kinds, "", group) : undefined;
  }
  if (root !== "apis") return undefined;
  if (group === "") {
    const groups = [...kinds.groups]
      .filter(([name]) => name !== "")
      .map(([name, versions]) => apiGroup(name, versions));
    return { kind: "APIGroupList", apiVersion: "v1", groups };
  }
  const versions = kinds.groups.get(group);
  if (!versions) return undefined;
  if (version === "") return { kind: "APIGroup", apiVersion: "v1", ...apiGroup(group, versions) };
  return resources(kinds, group, version);
}

function apiGroup(name: string, served: readonly string[]) {
  const versions = served.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] };
}

function resources(kinds: KindTable, group: string, version: string): object | undefined {
  const found = kindsOf(kinds, group, version);
  if (found.length === 0) return undefined;
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: group === "" ? version : `${group}/${version}`,
    resources: found.flatMap(({ plural, singular, namespaced, kind, shortNames, categories }, index) => [
      {
        name: plural,
        singularName: singular,
        namespaced,
        kind,
        verbs,
        ...(shortNames.length > 0 && { shortNames }),
        ...(categories.length > 0 && { categories }),
      },
      ...(found[index] ? subresourcesOf(found[index]) : []).map((each) => ({
        name: `${plural}/${each.name}`,
        singularName: "",
        namespaced,
        kind,
        ...each.of,
        verbs: each.verbs,
      })),
    ]),
  };
}

export function kindsOf(kinds: KindTable, group: string, version: string): readonly Kind[] {
  return kinds.all.filter((kind) => kind.group === group && kind.versions.includes(version));
}
