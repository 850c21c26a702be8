import { closest } from "../closest.ts";
import type { Path, Report } from "../finding.ts";
import { kinds } from "../kinds.ts";
import { hostsOverlap } from "../names.ts";
import type { Loose } from "../rules/rule.ts";
import type { Destination, VirtualService } from "../schema/virtual-service.ts";
import type { Given, Placed } from "./given.ts";
import { fullHost, type KnownHost, knownHosts, leadsTo } from "./hosts.ts";

interface Hosts {
  readonly hosts: readonly KnownHost[];
  readonly where: string;
}

/** Hosts, ports, subsets and gateways that VirtualServices and DestinationRules name. */
export function routingReferences(given: Given): void {
  const hosts: Hosts = { hosts: knownHosts(given), where: given.where };
  for (const rule of given.of(kinds.VirtualService)) {
    for (const [path, destination] of destinations(rule.object))
      checkDestination(given, hosts, rule, path, destination);
    for (const [index, name] of (rule.object.spec?.gateways ?? []).entries())
      checkGateway(given, rule, ["spec", "gateways", index], name);
  }
  for (const rule of given.of(kinds.DestinationRule)) {
    const { host, subsets = [] } = rule.object.spec ?? {};
    if (host === undefined) continue;
    const found = checkHost(hosts, host, rule.namespace, ["spec", "host"], rule.report);
    for (const [index, { name, labels }] of subsets.entries())
      checkSubsetLabels(given, found, name, labels ?? {}, ["spec", "subsets", index, "labels"], rule.report);
  }
}

function* destinations({ spec = {} }: Loose<VirtualService>): Generator<[Path, Loose<Destination>]> {
  for (const group of ["http", "tcp", "tls"] as const)
    for (const [index, rule] of (spec[group] ?? []).entries())
      for (const [at, { destination }] of (rule.route ?? []).entries())
        if (destination) yield [["spec", group, index, "route", at, "destination"], destination];
  for (const [index, { mirror, mirrors = [] }] of (spec.http ?? []).entries()) {
    if (mirror) yield [["spec", "http", index, "mirror"], mirror];
    for (const [at, { destination }] of mirrors.entries())
      if (destination) yield [["spec", "http", index, "mirrors", at, "destination"], destination];
  }
}

function checkDestination(
  given: Given,
  hosts: Hosts,
  rule: Placed<VirtualService>,
  path: Path,
  { host, subset, port }: Loose<Destination>,
): void {
  if (host === undefined) return;
  const found = checkHost(hosts, host, rule.namespace, [...path, "host"], rule.report);
  const number = port?.number;
  if (found && number !== undefined && found.ports.length > 0 && !found.ports.includes(number))
    rule.report.add([...path, "port", "number"], "unknown-port", `${found.host} has no port ${number}`, {
      remedy: `its ports: ${found.ports.join(", ")}`,
    });
  if (subset !== undefined && subset !== "") checkSubset(given, rule, [...path, "subset"], host, subset);
}

function checkHost(
  { hosts, where }: Hosts,
  host: string,
  namespace: string,
  path: Path,
  report: Report,
): KnownHost | undefined {
  const full = fullHost(host, namespace);
  const found = leadsTo(hosts, full);
  if (found) return found;
  const longer = hosts.find((known) => known.service && `${full}.`.length > 1 && known.host.startsWith(`${full}.`));
  if (longer && full.includes(".")) {
    report.add(path, "unknown-host", `a name with a dot is taken as it is, and no service has the host ${full}`, {
      remedy: `write \`${longer.host}\``,
    });
    return undefined;
  }
  const near = closest(
    host,
    hosts.flatMap((known) => nameIn(known, namespace)),
  );
  report.warn(
    path,
    "unknown-host",
    `no Service or ServiceEntry ${where} has the host ${full}`,
    near === undefined ? undefined : `did you mean \`${near}\`?`,
  );
  return undefined;
}

/** How a rule in the namespace would write the host. */
function nameIn({ host, service }: KnownHost, namespace: string): string[] {
  return service && service.namespace === namespace ? [service.name] : [host];
}

function checkSubset(given: Given, rule: Placed<VirtualService>, path: Path, host: string, subset: string): void {
  const full = fullHost(host, rule.namespace);
  const rules = given
    .of(kinds.DestinationRule)
    .filter(({ object, namespace }) => fullHost(object.spec?.host ?? "", namespace) === full);
  const names = rules.flatMap(({ object }) => (object.spec?.subsets ?? []).flatMap(({ name }) => name ?? []));
  if (names.includes(subset)) return;
  if (rules.length === 0) {
    rule.report.warn(path, "unknown-subset", `no DestinationRule ${given.where} defines subsets of ${full}`);
    return;
  }
  const near = closest(subset, names);
  rule.report.add(path, "unknown-subset", `no DestinationRule defines the subset ${subset} of ${full}`, {
    remedy: near === undefined ? `its subsets: ${names.join(", ") || "none"}` : `did you mean \`${near}\`?`,
  });
}

function checkSubsetLabels(
  given: Given,
  found: KnownHost | undefined,
  subset: string | undefined,
  labels: Readonly<Record<string, string | undefined>>,
  path: Path,
  report: Report,
): void {
  const selector = Object.entries(found?.service?.object.spec?.selector ?? {});
  if (selector.length === 0) return;
  const pods = given.pods.filter(
    (pod) => pod.namespace === found?.service?.namespace && selector.every(([key, value]) => pod.labels[key] === value),
  );
  const missing = Object.entries(labels).filter(([key, value]) => !pods.some((pod) => pod.labels[key] === value));
  for (const [key, value = ""] of missing) {
    if (pods.length === 0) return;
    const values = [...new Set(pods.flatMap((pod) => pod.labels[key] ?? []))];
    report.warn(
      [...path, key],
      "empty-subset",
      `no pod of ${found?.host} has the label ${key}=${value}, so the subset ${subset ?? ""} is empty`,
      values.length === 0 ? undefined : `its pods have ${key}: ${values.join(", ")}`,
    );
  }
}

function checkGateway(given: Given, rule: Placed<VirtualService>, path: Path, written: string): void {
  if (written === "mesh") return;
  const [first = "", second] = written.split("/");
  const name = second ?? first;
  const namespace = second === undefined || first === "." ? rule.namespace : first;
  const gateway = given.find(kinds.Gateway, namespace, name);
  if (!gateway) {
    const near = closest(name, given.names(kinds.Gateway, namespace));
    const message = `no Gateway ${namespace}/${name} is ${given.where}`;
    rule.report.warn(path, "unknown-gateway", message, near === undefined ? undefined : `did you mean \`${near}\`?`);
    return;
  }
  const offered = (gateway.object.spec?.servers ?? []).flatMap(({ hosts = [] }) => hosts);
  const bare = offered.map((host) => host.split("/").at(-1) ?? host);
  const wanted = rule.object.spec?.hosts ?? [];
  if (wanted.length === 0 || bare.length === 0) return;
  if (!wanted.some((host) => bare.some((other) => hostsOverlap(host, other))))
    rule.report.add(
      path,
      "gateway-host",
      `no server of the Gateway ${namespace}/${name} has one of the hosts ${wanted.join(", ")}`,
      {
        remedy: `its hosts: ${offered.join(", ")}`,
      },
    );
}
