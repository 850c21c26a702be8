import type { Path, Report } from "./finding.ts";

/** Delete a row when the field is acted on. `*` stands for every element or key. */
const rows: readonly { readonly kind: string; readonly path: string; readonly reason: string }[] = [
  ...at("VirtualService", "delegation is to come", "spec.http.*.delegate"),
  ...["spec.trafficPolicy", "spec.subsets.*.trafficPolicy"].flatMap((policy) => [
    ...[policy, `${policy}.portLevelSettings.*`].flatMap((block) => [
      ...at("DestinationRule", "ejecting endpoints that fail is to come", `${block}.outlierDetection`),
      ...at("DestinationRule", "TLS origination is to come", `${block}.tls`),
      ...at(
        "DestinationRule",
        "only `simple` balancing is done",
        `${block}.loadBalancer.consistentHash`,
        `${block}.loadBalancer.localityLbSetting`,
        `${block}.loadBalancer.warmup`,
        `${block}.loadBalancer.warmupDurationSecs`,
      ),
      ...at(
        "DestinationRule",
        "it ends connections that carry bytes, not yet those that carry requests",
        `${block}.connectionPool.tcp.maxConnectionDuration`,
      ),
      ...at(
        "DestinationRule",
        "only limits and timeouts of connectionPool are kept",
        `${block}.connectionPool.tcp.tcpKeepalive`,
        `${block}.connectionPool.http.http2KeepAlive`,
      ),
    ]),
    ...at("DestinationRule", "it is to come", `${policy}.tunnel`, `${policy}.retryBudget`),
  ]),
  ...at("DestinationRule", "rules for some callers are to come", "spec.workloadSelector"),
  ...at(
    "Gateway",
    "a gateway does not end TLS yet",
    ...["credentialName", "credentialNames", "serverCertificate", "privateKey", "tlsCertificates"].map(
      (field) => `spec.servers.*.tls.${field}`,
    ),
  ),
  ...at("ServiceEntry", "selecting pods is to come", "spec.workloadSelector"),
  ...at("ServiceEntry", "TLS origination is to come", "spec.subjectAltNames"),
  ...["Pod", "Deployment", "ReplicaSet"].flatMap((kind) => {
    const spec = kind === "Pod" ? "spec" : "spec.template.spec";
    return [
      ...at(
        kind,
        "there is one node, so nothing is scheduled",
        `${spec}.affinity`,
        `${spec}.topologySpreadConstraints`,
      ),
      ...at(
        kind,
        "resources of processes are not limited",
        `${spec}.resources`,
        `${spec}.containers.*.resources.limits`,
        `${spec}.initContainers.*.resources.limits`,
      ),
      ...at(
        kind,
        "programs run as the user who started Weft",
        `${spec}.securityContext.*`,
        `${spec}.containers.*.securityContext`,
        `${spec}.initContainers.*.securityContext`,
      ),
      ...at(
        kind,
        "it is to come",
        `${spec}.ephemeralContainers`,
        `${spec}.hostNetwork`,
        `${spec}.containers.*.volumeDevices`,
      ),
    ];
  }),
];

/** Enum values that are understood and not acted on. */
const values: readonly { readonly kind: string; readonly path: string; readonly value: string }[] = [
  { kind: "ServiceEntry", path: "spec.resolution", value: "DNS_ROUND_ROBIN" },
  { kind: "ServiceEntry", path: "spec.resolution", value: "DYNAMIC_DNS" },
  ...["SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL", "ISTIO_MUTUAL", "AUTO_PASSTHROUGH"].map((value) => ({
    kind: "Gateway",
    path: "spec.servers.*.tls.mode",
    value,
  })),
];

/** Volume sources that are mounted; all others get a warning. */
const mountedVolumes = new Set(["configMap", "secret", "projected", "emptyDir", "hostPath", "downwardAPI"]);

function at(kind: string, reason: string, ...paths: string[]) {
  return paths.map((path) => ({ kind, path, reason }));
}

/** Warns of every field that is understood but changes nothing yet. */
export function reportNotActedOn(kind: string, object: unknown, report: Report): void {
  for (const row of rows) {
    if (row.kind !== kind) continue;
    for (const [path] of matches(object, row.path.split("."), [])) {
      report.warn(path, "not-acted-on", `understood, but not yet acted on: ${row.reason}`);
    }
  }
  for (const row of values) {
    if (row.kind !== kind) continue;
    for (const [path, value] of matches(object, row.path.split("."), [])) {
      if (value === row.value) report.warn(path, "not-acted-on", `${row.value} is understood, but not yet acted on`);
    }
  }
  if (kind === "Pod" || kind === "Deployment" || kind === "ReplicaSet") {
    const volumes = `${kind === "Pod" ? "spec" : "spec.template.spec"}.volumes.*.*`;
    for (const [path] of matches(object, volumes.split("."), [])) {
      const source = String(path.at(-1));
      if (source === "name" || mountedVolumes.has(source)) continue;
      report.warn(path, "not-acted-on", `volumes of type ${source} are understood, but not yet mounted`);
    }
  }
}

function* matches(value: unknown, pattern: readonly string[], path: Path): Generator<[Path, unknown]> {
  const [step, ...rest] = pattern;
  if (step === undefined) {
    yield [path, value];
    return;
  }
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    if (step === "*") for (const [index, item] of value.entries()) yield* matches(item, rest, [...path, index]);
    return;
  }
  for (const [name, item] of Object.entries(value)) {
    if ((step === "*" || step === name) && item !== undefined) yield* matches(item, rest, [...path, name]);
  }
}
