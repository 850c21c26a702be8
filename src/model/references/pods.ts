import { closest } from "../closest.ts";
import type { Path, Report } from "../finding.ts";
import { kinds } from "../kinds.ts";
import type { Loose } from "../rules/rule.ts";
import type { Container } from "../schema/container.ts";
import type { Given, PodTemplate } from "./given.ts";

interface Source {
  readonly kind: "ConfigMap" | "Secret";
  readonly path: Path;
  readonly name: string | undefined;
  readonly optional: boolean | undefined;
  /** With their paths. */
  readonly keys: readonly (readonly [Path, string | undefined])[];
}

/** ServiceAccounts, ConfigMaps and Secrets that pods name. */
export function podReferences(given: Given): void {
  for (const pod of given.pods) {
    const account = pod.spec?.serviceAccountName ?? "default";
    if (account !== "default" && !given.find(kinds.ServiceAccount, pod.namespace, account))
      missing(given, pod, [...pod.path, "serviceAccountName"], "ServiceAccount", account);
    for (const source of sourcesOf(pod)) checkSource(given, pod, source);
  }
}

function checkSource(given: Given, pod: PodTemplate, { kind, path, name, optional, keys }: Source): void {
  if (name === undefined || optional) return;
  const found = given.find(kinds[kind], pod.namespace, name);
  if (!found) return missing(given, pod, path, kind, name);
  const { data = {}, ...rest } = found.object as Loose<Record<string, Record<string, string>>>;
  const present = Object.keys({ ...data, ...rest["binaryData"], ...rest["stringData"] });
  for (const [at, key] of keys) {
    if (key === undefined || present.includes(key)) continue;
    const near = closest(key, present);
    pod.report.add(at, "unknown-key", `the ${kind} ${name} has no key ${key}`, {
      remedy: near === undefined ? `its keys: ${present.join(", ") || "none"}` : `did you mean \`${near}\`?`,
    });
  }
}

function missing(
  given: Given,
  { namespace, report }: { namespace: string; report: Report },
  path: Path,
  kind: "ConfigMap" | "Secret" | "ServiceAccount",
  name: string,
): void {
  const near = closest(name, given.names(kinds[kind], namespace));
  report.warn(
    path,
    `unknown-${kind.toLowerCase()}`,
    `no ${kind} ${name} is ${given.where} in the namespace ${namespace}; the pod waits until there is one`,
    near === undefined ? undefined : `did you mean \`${near}\`?`,
  );
}

function* sourcesOf({ spec, path }: PodTemplate): Generator<Source> {
  for (const [index, { configMap, secret, projected }] of (spec?.volumes ?? []).entries()) {
    const here = [...path, "volumes", index];
    if (configMap) yield volumeSource("ConfigMap", [...here, "configMap"], "name", configMap.name, configMap);
    if (secret) yield volumeSource("Secret", [...here, "secret"], "secretName", secret.secretName, secret);
    for (const [at, source] of (projected?.sources ?? []).entries()) {
      const inside = [...here, "projected", "sources", at];
      if (source.configMap)
        yield volumeSource("ConfigMap", [...inside, "configMap"], "name", source.configMap.name, source.configMap);
      if (source.secret) yield volumeSource("Secret", [...inside, "secret"], "name", source.secret.name, source.secret);
    }
  }
  for (const group of ["initContainers", "containers"] as const)
    for (const [index, container] of (spec?.[group] ?? []).entries())
      yield* variableSources(container, [...path, group, index]);
}

interface Items {
  readonly items?: readonly { readonly key?: string | undefined }[] | undefined;
  readonly optional?: boolean | undefined;
}

function volumeSource(
  kind: Source["kind"],
  path: Path,
  field: string,
  name: string | undefined,
  { items = [], optional }: Items,
): Source {
  const keys = items.map(({ key }, index) => [[...path, "items", index, "key"], key] as const);
  return { kind, path: [...path, field], name, optional, keys };
}

function* variableSources({ env = [], envFrom = [] }: Loose<Container>, path: Path): Generator<Source> {
  for (const [index, { valueFrom }] of env.entries())
    for (const [field, kind] of [
      ["configMapKeyRef", "ConfigMap"],
      ["secretKeyRef", "Secret"],
    ] as const) {
      const here = [...path, "env", index, "valueFrom", field];
      const reference = valueFrom?.[field];
      if (!reference) continue;
      const { name, key, optional } = reference;
      yield { kind, path: [...here, "name"], name, optional, keys: [[[...here, "key"], key]] };
    }
  for (const [index, source] of envFrom.entries())
    for (const [field, kind] of [
      ["configMapRef", "ConfigMap"],
      ["secretRef", "Secret"],
    ] as const) {
      const { name, optional } = source[field] ?? {};
      yield { kind, path: [...path, "envFrom", index, field, "name"], name, optional, keys: [] };
    }
}
