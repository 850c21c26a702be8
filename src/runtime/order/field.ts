import { Fault } from "../../base/index.ts";
import { type Container, parseQuantity } from "../../model/index.ts";
import type { OrderInput } from "./input.ts";
import { podIPPlaceholder } from "./placeholder.ts";

/** The value of a downward API `fieldPath`; a Fault when there is no such field. */
export function fieldValue(input: OrderInput, fieldPath: string): string {
  const { metadata, spec } = input.pod;
  const [, map, key] = /^metadata\.(labels|annotations)\['([^']*)'\]$/.exec(fieldPath) ?? [];
  if (key !== undefined) return (map === "labels" ? metadata.labels : metadata.annotations)?.[key] ?? "";
  switch (fieldPath) {
    case "metadata.name":
      return metadata.name ?? "";
    case "metadata.namespace":
      return metadata.namespace ?? "";
    case "metadata.uid":
      return metadata.uid ?? "";
    case "metadata.labels":
      return lines(metadata.labels ?? {});
    case "metadata.annotations":
      return lines(metadata.annotations ?? {});
    case "spec.nodeName":
      return input.nodeName;
    case "spec.serviceAccountName":
      return spec.serviceAccountName ?? "default";
    case "status.podIP":
    case "status.podIPs":
      return input.podIP ?? podIPPlaceholder;
    case "status.hostIP":
    case "status.hostIPs":
      return input.nodeIP;
    default:
      throw new Fault("CreateContainerConfigError", `unsupported fieldPath: ${fieldPath}`);
  }
}

/** All entries of a map as the downward API writes them into a file. */
function lines(map: Readonly<Record<string, string>>): string {
  return Object.keys(map)
    .toSorted()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join("\n");
}

/** A request or limit in units of `divisor`, rounded up. Without a limit it is what the machine has. */
export function resourceValue(
  input: OrderInput,
  container: Container,
  { resource, divisor = "1" }: { resource: string; divisor?: string | number },
): string {
  const dot = resource.indexOf(".");
  const [list, name] = [resource.slice(0, dot), resource.slice(dot + 1)];
  const { limits, requests } = container.resources ?? {};
  const { cpu, memory } = input.capacity ?? {};
  const capacity: Readonly<Record<string, number | undefined>> = { cpu, memory };
  const limit = limits?.[name];
  const given = list === "limits" ? limit : (requests?.[name] ?? limit);
  const fallback = list === "limits" ? (capacity[name] ?? 0) : 0;
  const amount = given === undefined ? fallback : (parseQuantity(given) ?? 0);
  const unit = parseQuantity(divisor) || 1;
  // Quantities are decimal, their quotients here are not: 0.3 / 0.1 must not round up to 4.
  return String(Math.ceil(Number((amount / unit).toPrecision(12))));
}
