import { isDnsSubdomain, isIp } from "../names.ts";
import type { Service } from "../schema/service.ts";
import { type Rule, unique } from "./rule.ts";

export const serviceRule: Rule<Service> = ({ spec = {} }, report) => {
  const { ports = [], type = "ClusterIP", clusterIP } = spec;
  const path = ["spec", "ports"];
  const external = type === "ExternalName";
  if (ports.length === 0 && !external && clusterIP !== "None") report.required(path);
  if (ports.length > 1)
    for (const [index, port] of ports.entries()) if (!port.name) report.required([...path, index, "name"]);
  unique(ports, path, (port) => port.name || undefined, report, "name");
  unique(
    ports,
    path,
    (port) => (port.port === undefined ? undefined : `${port.port}/${port.protocol ?? "TCP"}`),
    report,
  );
  for (const [index, { targetPort }] of ports.entries()) {
    const here = [...path, index, "targetPort"];
    if (typeof targetPort === "number" && (targetPort < 1 || targetPort > 65535))
      report.invalid(here, targetPort, "must be between 1 and 65535, inclusive");
    if (typeof targetPort === "string" && /^\d+$/.test(targetPort))
      report.invalid(
        here,
        targetPort,
        "must contain at least one letter (a-z)",
        `leave the quotes away: ${targetPort}`,
      );
  }
  if (external) {
    const { externalName } = spec;
    if (!externalName) report.required(["spec", "externalName"]);
    else if (!isDnsSubdomain(externalName.replace(/\.$/, "")))
      report.invalid(["spec", "externalName"], externalName, "must be a DNS name in lower case");
    if (clusterIP) report.forbidden(["spec", "clusterIP"], "may not be set for ExternalName services");
  } else if (clusterIP && clusterIP !== "None" && !isIp(clusterIP)) {
    report.invalid(["spec", "clusterIP"], clusterIP, "must be empty, 'None', or a valid IP address");
  }
  if (clusterIP === "None" && (type === "NodePort" || type === "LoadBalancer"))
    report.invalid(["spec", "clusterIP"], clusterIP, `may not be set to 'None' for ${type} services`);
};
