import { Fault } from "../../base/index.ts";
import type { ConfigMap, Container, EnvVar, Secret } from "../../model/index.ts";
import { expand } from "./expansion.ts";
import { fieldValue, resourceValue } from "./field.ts";
import type { OrderInput } from "./input.ts";

/**
 * The variables a container asks for, then those of services that it does not set itself.
 * Throws a Fault `CreateContainerConfigError` when a reference leads nowhere.
 */
export function containerVariables(
  input: OrderInput,
  container: Container,
  services: Readonly<Record<string, string>>,
): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const { prefix = "", configMapRef, secretRef } of container.envFrom ?? []) {
    const source = configMapRef ?? secretRef;
    const values = configMapRef ? textsOf(input, configMapRef) : secretRef && secretsOf(input, secretRef);
    if (!values && !source?.optional) throw missing(configMapRef ? "configmap" : "secret", source?.name);
    for (const [key, value] of Object.entries(values ?? {})) {
      // As Kubernetes does: a key that cannot be a variable's name is left out, and nobody fails.
      if (/^[^\s=\0]+$/.test(prefix + key)) variables[prefix + key] = value;
    }
  }
  for (const variable of container.env ?? []) {
    const value = variable.value
      ? expand(variable.value, { ...services, ...variables })
      : referred(input, container, variable);
    if (value !== undefined) variables[variable.name] = value;
  }
  return { ...services, ...variables };
}

/** Undefined when an optional reference leads nowhere: then there is no such variable. */
function referred(input: OrderInput, container: Container, { name, valueFrom }: EnvVar): string | undefined {
  const { configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef, fileKeyRef } = valueFrom ?? {};
  if (fieldRef) return fieldValue(input, fieldRef.fieldPath);
  if (resourceFieldRef)
    return resourceValue(input, containerNamed(input, resourceFieldRef, container), resourceFieldRef);
  if (fileKeyRef) {
    if (fileKeyRef.optional) return undefined;
    throw new Fault("CreateContainerConfigError", `variable ${name}: fileKeyRef is not supported; use configMapKeyRef`);
  }
  if (configMapKeyRef) {
    const values = textsOf(input, configMapKeyRef);
    return keyOf(input, "ConfigMap", configMapKeyRef, values);
  }
  if (secretKeyRef) return keyOf(input, "Secret", secretKeyRef, secretsOf(input, secretKeyRef));
  return "";
}

/** The container a resource reference names, or the one it stands in. */
export function containerNamed(
  { pod }: OrderInput,
  { containerName }: { containerName?: string },
  own?: Container,
): Container {
  if (containerName === undefined && own) return own;
  const found = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(({ name }) => name === containerName);
  if (!found) throw new Fault("CreateContainerConfigError", `container ${containerName ?? ""} not found`);
  return found;
}

function keyOf(
  { pod }: OrderInput,
  kind: "ConfigMap" | "Secret",
  { name = "", key, optional }: { name?: string; key: string; optional?: boolean },
  values: Readonly<Record<string, string>> | undefined,
): string | undefined {
  const value = values && Object.hasOwn(values, key) ? values[key] : undefined;
  if (value !== undefined || optional) return value;
  if (!values) throw missing(kind === "ConfigMap" ? "configmap" : "secret", name);
  const at = `${pod.metadata.namespace ?? ""}/${name}`;
  throw new Fault("CreateContainerConfigError", `couldn't find key ${key} in ${kind} ${at}`);
}

function textsOf(input: OrderInput, { name }: { name?: string }): Record<string, string> | undefined {
  const found = findNamed(input, input.namespaceObjects.configMaps, name);
  return found && (found.data ?? {});
}

function secretsOf(input: OrderInput, { name }: { name?: string }): Record<string, string> | undefined {
  const found = findNamed(input, input.namespaceObjects.secrets, name);
  if (!found) return undefined;
  const values = Object.entries(found.data ?? {});
  return Object.fromEntries(values.map(([key, value]) => [key, Buffer.from(value, "base64").toString()]));
}

/** The object of that name in the pod's namespace. */
export function findNamed<T extends ConfigMap | Secret>(
  { pod }: OrderInput,
  objects: readonly T[],
  name: string | undefined,
): T | undefined {
  return objects.find(({ metadata }) => metadata.name === name && metadata.namespace === pod.metadata.namespace);
}

function missing(what: "configmap" | "secret", name = ""): Fault {
  return new Fault("CreateContainerConfigError", `${what} "${name}" not found`);
}
