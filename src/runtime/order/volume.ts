import { Fault } from "../../base/index.ts";
import type { ConfigMap, Secret, Volume } from "../../model/index.ts";
import type { FileOrder, VolumeOrder } from "../contract.ts";
import { fieldValue, resourceValue } from "./field.ts";
import type { OrderInput } from "./input.ts";
import { tokenRequest } from "./token-volume.ts";
import { containerNamed, findNamed } from "./variables.ts";

const ordinary = 0o644;

interface KeySource {
  readonly name?: string;
  readonly items?: readonly { readonly key: string; readonly path: string; readonly mode?: number }[];
  readonly optional?: boolean;
}
type Projection = NonNullable<NonNullable<Volume["projected"]>["sources"]>[number];
type DownwardItem = NonNullable<NonNullable<Volume["downwardAPI"]>["items"]>[number];

/** What stands in a volume. Throws a Fault whose message says why it cannot be set up. */
export async function resolveVolume(input: OrderInput, volume: Volume): Promise<VolumeOrder> {
  const { configMap, secret, projected, downwardAPI, emptyDir, hostPath } = volume;
  if (emptyDir) return { kind: "empty" };
  if (hostPath) return { kind: "host", path: hostPath.path };
  if (configMap) return files(configMapFiles(input, configMap, configMap.defaultMode));
  if (secret) {
    const { secretName, ...rest } = secret;
    const source = secretName === undefined ? rest : { ...rest, name: secretName };
    return files(secretFiles(input, source, secret.defaultMode));
  }
  if (downwardAPI) return files(downwardFiles(input, downwardAPI.items ?? [], downwardAPI.defaultMode));
  if (projected) {
    const found: FileOrder[] = [];
    for (const source of projected.sources ?? []) {
      found.push(...(await projectedFiles(input, source, projected.defaultMode)));
    }
    return files(found);
  }
  const kind = Object.keys(volume).find((field) => field !== "name");
  if (kind === undefined) return { kind: "empty" };
  throw new Fault("ContainerCreating", `${kind} volumes are not supported; use emptyDir or hostPath`);
}

async function projectedFiles(input: OrderInput, source: Projection, mode = ordinary): Promise<FileOrder[]> {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap) return configMapFiles(input, configMap, mode);
  if (secret) return secretFiles(input, secret, mode);
  if (downwardAPI) return downwardFiles(input, downwardAPI.items ?? [], mode);
  if (serviceAccountToken) {
    const { path, audience, expirationSeconds } = serviceAccountToken;
    return [text(path, await input.token(tokenRequest(input, { audience, lifetime: expirationSeconds })), mode)];
  }
  const { clusterTrustBundle } = source;
  if (clusterTrustBundle) return [text(clusterTrustBundle.path, input.caBundle, mode)];
  throw new Fault("ContainerCreating", `${Object.keys(source).join(", ")} is not supported in projected volumes`);
}

function configMapFiles(input: OrderInput, source: KeySource, mode = ordinary): FileOrder[] {
  const found = findNamed<ConfigMap>(input, input.namespaceObjects.configMaps, source.name);
  const content = new Map<string, string>();
  for (const [key, value] of Object.entries(found?.data ?? {})) content.set(key, Buffer.from(value).toString("base64"));
  for (const [key, value] of Object.entries(found?.binaryData ?? {})) content.set(key, value);
  return keyFiles("configmap", source, found && content, mode);
}

function secretFiles(input: OrderInput, source: KeySource, mode = ordinary): FileOrder[] {
  const found = findNamed<Secret>(input, input.namespaceObjects.secrets, source.name);
  return keyFiles("secret", source, found && new Map(Object.entries(found.data ?? {})), mode);
}

function keyFiles(
  kind: "configmap" | "secret",
  { name = "", items, optional }: KeySource,
  content: ReadonlyMap<string, string> | undefined,
  defaultMode: number,
): FileOrder[] {
  if (!content && !optional) throw new Fault("ContainerCreating", `${kind} "${name}" not found`);
  const wanted = items?.length ? items : [...(content?.keys() ?? [])].map((key) => ({ key, path: key }));
  return wanted.flatMap((item) => {
    const contentBase64 = content?.get(item.key);
    if (contentBase64 !== undefined) return [file(item.path, contentBase64, modeOf(item, defaultMode))];
    if (optional) return [];
    const what = kind === "configmap" ? "config" : "secret";
    throw new Fault("ContainerCreating", `${kind} references non-existent ${what} key: ${item.key}`);
  });
}

function downwardFiles(input: OrderInput, items: readonly DownwardItem[], defaultMode = ordinary): FileOrder[] {
  return items.map((item) => {
    const { path, fieldRef, resourceFieldRef } = item;
    const value = resourceFieldRef
      ? resourceValue(input, containerNamed(input, resourceFieldRef), resourceFieldRef)
      : fieldValue(input, fieldRef?.fieldPath ?? "");
    return text(path, value, modeOf(item, defaultMode));
  });
}

/** Of two files at one path the later counts, as in Kubernetes. */
function files(all: readonly FileOrder[]): VolumeOrder {
  return { kind: "files", files: [...new Map(all.map((each) => [each.path, each])).values()] };
}

function modeOf(item: object, fallback: number): number {
  return "mode" in item && typeof item.mode === "number" ? item.mode : fallback;
}

function text(path: string, content: string, mode: number): FileOrder {
  return file(path, Buffer.from(content).toString("base64"), mode);
}

/** Paths come from users: none may lead out of its volume. */
function file(path: string, contentBase64: string, mode: number): FileOrder {
  if (path === "" || path.startsWith("/") || path.includes("\\") || path.split("/").includes("..")) {
    throw new Fault("ContainerCreating", `the path "${path}" does not stay in the volume`);
  }
  return { path, contentBase64, mode };
}
