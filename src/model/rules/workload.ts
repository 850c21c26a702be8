import { type Path, type Report, shown } from "../finding.ts";
import { matchesLabels } from "../selector.ts";
import type { Deployment, ReplicaSet } from "../schema/apps.ts";
import type { Container, LifecycleHook, Probe } from "../schema/container.ts";
import type { LabelSelector } from "../schema/meta.ts";
import type { Pod, PodSpec } from "../schema/pod.ts";
import { type Loose, type Rule, unique } from "./rule.ts";

export const podRule: Rule<Pod> = ({ spec }, report) => {
  if (spec) podSpecRule(spec, ["spec"], report);
};

export const deploymentRule: Rule<Deployment> = (deployment, report) => {
  templateRule(deployment, "Deployment", report);
  const { spec = {} } = deployment;
  const { type, rollingUpdate } = spec.strategy ?? {};
  const path = ["spec", "strategy", "rollingUpdate"];
  if (type === "Recreate" && rollingUpdate)
    report.forbidden(path, "may not be specified when strategy `type` is 'Recreate'");
  for (const field of ["maxSurge", "maxUnavailable"] as const) {
    const value = rollingUpdate?.[field];
    if ((typeof value === "number" && value < 0) || (typeof value === "string" && !/^\d+%$/.test(value)))
      report.invalid([...path, field], value, "must be a non-negative number or a percentage such as 25%");
  }
  const zero = (value: number | string | undefined) => value === 0 || value === "0%";
  if (zero(rollingUpdate?.maxUnavailable) && zero(rollingUpdate?.maxSurge))
    report.invalid([...path, "maxUnavailable"], rollingUpdate?.maxUnavailable, "may not be 0 when `maxSurge` is 0");
  const { minReadySeconds = 0, progressDeadlineSeconds = 600 } = spec;
  if (progressDeadlineSeconds <= minReadySeconds)
    report.invalid(
      ["spec", "progressDeadlineSeconds"],
      progressDeadlineSeconds,
      "must be greater than minReadySeconds",
    );
};

export const replicaSetRule: Rule<ReplicaSet> = (replicaSet, report) => templateRule(replicaSet, "ReplicaSet", report);

function templateRule({ spec = {} }: Loose<Deployment | ReplicaSet>, kind: string, report: Report): void {
  const { selector, template } = spec;
  const labels = (template?.metadata?.labels ?? {}) as Record<string, string>;
  if (selector) {
    const size = Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length;
    if (size === 0)
      report.invalid(["spec", "selector"], selector, `empty selector is invalid for ${kind.toLowerCase()}`);
    else if (template && !matchesLabels(selector as LabelSelector, labels))
      report.invalid(["spec", "template", "metadata", "labels"], labels, "`selector` does not match template `labels`");
  }
  if (!template?.spec) {
    if (template) report.required(["spec", "template", "spec"]);
    return;
  }
  const path = ["spec", "template", "spec"];
  podSpecRule(template.spec, path, report);
  const { restartPolicy } = template.spec;
  if (restartPolicy !== undefined && restartPolicy !== "Always")
    report.add(
      [...path, "restartPolicy"],
      "not-supported",
      `Unsupported value: ${shown(restartPolicy)}: supported values: "Always"`,
    );
}

type Spec = Loose<PodSpec>;

function podSpecRule(spec: Spec, path: Path, report: Report): void {
  const volumes = new Set((spec.volumes ?? []).map((volume) => volume.name));
  unique(spec.volumes, [...path, "volumes"], (volume) => volume.name, report, "name");
  for (const [index, volume] of (spec.volumes ?? []).entries()) {
    const sources = Object.keys(volume).filter((field) => field !== "name");
    const here = [...path, "volumes", index];
    if (sources.length === 0) report.required(here, "must specify a volume type");
    for (const source of sources.slice(1))
      report.forbidden([...here, source], "may not specify more than 1 volume type");
  }
  const names = new Set<string>();
  for (const group of ["initContainers", "containers"] as const) {
    for (const [index, container] of (spec[group] ?? []).entries()) {
      const here = [...path, group, index];
      if (container.name !== undefined && names.has(container.name))
        report.duplicate([...here, "name"], container.name);
      if (container.name !== undefined) names.add(container.name);
      containerRule(container, here, volumes, report);
      if (group === "initContainers" && container.restartPolicy !== "Always") {
        for (const field of ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"] as const)
          if (container[field])
            report.forbidden([...here, field], "may not be set for init containers without restartPolicy=Always");
      }
    }
  }
  unique(
    (spec.containers ?? []).flatMap((container) => container.ports ?? []),
    [...path, "containers"],
    (port) => (port.hostPort ? `${port.hostPort}/${port.protocol ?? "TCP"}` : undefined),
    report,
  );
}

function containerRule(
  container: Loose<Container>,
  path: Path,
  volumes: ReadonlySet<string | undefined>,
  report: Report,
): void {
  if (container.image === undefined || container.image === "") report.required([...path, "image"]);
  unique(container.ports, [...path, "ports"], (port) => port.name, report, "name");
  unique(container.volumeMounts, [...path, "volumeMounts"], (mount) => mount.mountPath, report, "mountPath");
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const here = [...path, "volumeMounts", index];
    if (mount.name !== undefined && !volumes.has(mount.name))
      report.add([...here, "name"], "not-found", `Not found: ${shown(mount.name)}`, {
        remedy: `name a volume of the pod (${[...volumes].join(", ") || "it has none"})`,
      });
    if (mount.subPath !== undefined && mount.subPathExpr !== undefined)
      report.forbidden([...here, "subPathExpr"], "subPathExpr and subPath are mutually exclusive");
    if (mount.subPath?.startsWith("/") || mount.subPath?.split("/").includes(".."))
      report.invalid([...here, "subPath"], mount.subPath, "must be a relative path without '..'");
  }
  for (const [index, env] of (container.env ?? []).entries()) {
    const here = [...path, "env", index];
    if (!env.valueFrom) continue;
    if (env.value !== undefined && env.value !== "")
      report.invalid([...here, "valueFrom"], "", "may not be specified when `value` is not empty");
    const sources = Object.keys(env.valueFrom);
    if (sources.length !== 1)
      report.invalid(
        [...here, "valueFrom"],
        sources.join(", "),
        sources.length === 0
          ? "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
          : "may not have more than one field specified at a time",
      );
  }
  for (const [index, source] of (container.envFrom ?? []).entries()) {
    if (!source.configMapRef === !source.secretRef)
      report.invalid([...path, "envFrom", index], "", "must specify one of: `configMapRef` or `secretRef`");
  }
  const named = new Set((container.ports ?? []).map((port) => port.name));
  for (const field of ["livenessProbe", "readinessProbe", "startupProbe"] as const) {
    const probe = container[field];
    if (probe) probeRule(probe, [...path, field], named, field !== "readinessProbe", report);
  }
  for (const field of ["postStart", "preStop"] as const) {
    const hook = container.lifecycle?.[field];
    if (hook)
      handlerRule(hook, [...path, "lifecycle", field], ["exec", "httpGet", "tcpSocket", "sleep"], named, report);
  }
}

function probeRule(
  probe: Loose<Probe>,
  path: Path,
  named: ReadonlySet<string | undefined>,
  once: boolean,
  report: Report,
): void {
  handlerRule(probe, path, ["exec", "httpGet", "tcpSocket", "grpc"], named, report);
  if (once && (probe.successThreshold ?? 1) > 1)
    report.invalid([...path, "successThreshold"], probe.successThreshold, "must be 1");
}

function handlerRule(
  handler: Loose<Probe> & Loose<LifecycleHook>,
  path: Path,
  kinds: readonly ("exec" | "httpGet" | "tcpSocket" | "grpc" | "sleep")[],
  named: ReadonlySet<string | undefined>,
  report: Report,
): void {
  const given = kinds.filter((kind) => handler[kind] !== undefined);
  if (given.length === 0) report.required(path, `must specify a handler type (${kinds.join(", ")})`);
  for (const kind of given.slice(1)) report.forbidden([...path, kind], "may not specify more than 1 handler type");
  if (handler.exec && !handler.exec.command?.length) report.required([...path, "exec", "command"]);
  for (const kind of ["httpGet", "tcpSocket"] as const) {
    const port = handler[kind]?.port;
    if (typeof port === "number" && (port < 1 || port > 65535))
      report.invalid([...path, kind, "port"], port, "must be between 1 and 65535, inclusive");
    if (typeof port === "string" && !named.has(port))
      report.invalid(
        [...path, kind, "port"],
        port,
        /^\d+$/.test(port) ? "a port number must not be in quotes" : "is no port name of this container",
      );
  }
}
