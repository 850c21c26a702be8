import { keyOf, type KubeObject } from "../model/index.ts";
import { effectivePolicy } from "./destination-rule.ts";
import { boundHosts, serverKind, serversOf, type GatewayServer } from "./gateway.ts";
import type { Mesh } from "./mesh.ts";
import { hostFit, selects } from "./names.ts";
import { carriesTls, layerOf } from "./protocol.ts";
import type { MeshService } from "./service.ts";
import { destinationsOf, type HttpRule, type Routing } from "./virtual-service.ts";

/** Something an object asks for that has no effect, or not the one meant. */
export interface Problem {
  readonly object: { readonly kind: string; readonly namespace: string; readonly name: string };
  /** Stable, in CamelCase: the reason of a status condition. */
  readonly code: string;
  readonly severity: "error" | "warning" | "info";
  /** A sentence for a person. */
  readonly message: string;
}

type Severity = Problem["severity"];

/** All problems of the mesh, in the order of its objects. */
export function problems(mesh: Mesh): readonly Problem[] {
  return [
    ...mesh.routings.flatMap((routing) => routingProblems(mesh, routing)),
    ...duplicateHosts(mesh),
    ...mesh.rules.flatMap((rule) => ruleProblems(mesh, rule)),
    ...mesh.gateways.flatMap((gateway) => gatewayProblems(mesh, gateway)),
    ...gatewayConflicts(mesh),
    ...[...mesh.services.values()].flatMap(serviceProblems),
    ...portConflicts(mesh),
  ];
}

function problem(object: KubeObject, code: string, severity: Severity, message: string): Problem {
  const { namespace = "", name = "" } = object.metadata;
  return { object: { kind: object.kind, namespace, name }, code, severity, message };
}

function routingProblems(mesh: Mesh, routing: Routing): Problem[] {
  const found: Problem[] = [];
  const report = (code: string, severity: Severity, message: string) =>
    found.push(problem(routing.source, code, severity, message));
  for (const gateway of routing.gateways) {
    if (gateway !== "mesh" && !mesh.gateways.some((object) => keyOf(object) === gateway)) {
      report("GatewayNotFound", "error", `there is no Gateway ${gateway}; nothing is routed through it`);
    }
  }
  const missing = new Set<string>();
  for (const { host, subset } of destinationsOf(routing.source)) {
    const service = [...mesh.services.values()].find((entry) => hostFit(entry.host, host) > 0);
    const key = `${host} ${subset ?? ""}`;
    if (missing.has(key)) continue;
    missing.add(key);
    if (service === undefined) {
      report("HostNotFound", "error", `no Service or ServiceEntry has the host ${host}; requests for it get 503`);
    } else if (subset !== undefined && !hasSubset(mesh, service, subset)) {
      report(
        "SubsetNotFound",
        "error",
        `no DestinationRule defines subset ${subset} of ${host}; requests for it get 503`,
      );
    }
  }
  const { http = [], tcp = [], tls = [] } = routing.source.spec;
  const end = http.findIndex(catchesAll);
  if (end >= 0 && end < http.length - 1) {
    report(
      "RulesShadowed",
      "warning",
      `http[${end}] matches everything, so the ${http.length - 1 - end} rule(s) after it are never used`,
    );
  }
  if (tls.length > 0 && !carriedAsTls(mesh, routing)) {
    report("TlsRulesUnused", "warning", "its tls rules are never used: no port of its hosts is declared tls or https");
  }
  if (http.some((rule) => rule.delegate !== undefined)) {
    report("DelegateUnsupported", "warning", "delegate is not acted on yet; its rule matches nothing");
  }
  if (http.length + tcp.length + tls.length === 0) report("NoRoutes", "warning", "it has no http, tcp or tls rule");
  return found;
}

/** Whether some connection can meet the tls rules: at a gateway, or on a port of their hosts (a host nobody has is named elsewhere). */
function carriedAsTls(mesh: Mesh, routing: Routing): boolean {
  const services = [...mesh.services.values()].filter(({ host }) =>
    routing.hosts.some((name) => hostFit(name, host) > 0),
  );
  const ports = services.flatMap((service) => service.ports);
  const meets = ports.some(({ protocol }) => carriesTls(protocol) || protocol === "auto");
  return meets || ports.length === 0 || routing.gateways.some((gateway) => gateway !== "mesh");
}

function hasSubset(mesh: Mesh, service: MeshService, subset: string): boolean {
  return mesh.rules.some(
    (rule) => hostFit(rule.host, service.host) > 0 && rule.subsets.some((entry) => entry.name === subset),
  );
}

/** Fields of a match that are no condition of their own. */
const harmless = new Set(["name", "statPrefix", "ignoreUriCase", "uri"]);

/** Whether no request gets past a rule: nothing asked, or any path and nothing else, for every caller. */
function catchesAll(rule: HttpRule): boolean {
  const matches = rule.match ?? [];
  return (
    matches.length === 0 ||
    matches.some((match) => {
      const { uri } = match;
      const anyPath = uri === undefined || uri.prefix === "/" || uri.regex === ".*";
      return anyPath && Object.entries(match).every(([field, value]) => harmless.has(field) || isEmpty(value));
    })
  );
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}

function duplicateHosts(mesh: Mesh): Problem[] {
  const found: Problem[] = [];
  const owner = new Map<string, Routing>();
  for (const routing of mesh.routings.filter((entry) => entry.gateways.includes("mesh"))) {
    for (const host of routing.hosts) {
      const key = `${host} ${routing.visibility.everyone ? "*" : routing.visibility.namespaces.join(",")}`;
      const first = owner.get(key);
      if (first === undefined) owner.set(key, routing);
      else {
        found.push(
          problem(
            routing.source,
            "DuplicateHost",
            "warning",
            `the older VirtualService ${first.namespace}/${first.name} rules ${host} in the mesh; this one is ignored there`,
          ),
        );
      }
    }
  }
  return found;
}

function ruleProblems(mesh: Mesh, rule: Mesh["rules"][number]): Problem[] {
  const services = [...mesh.services.values()].filter((service) => hostFit(rule.host, service.host) > 0);
  if (services.length === 0) {
    return [problem(rule.source, "HostNotFound", "warning", `no Service or ServiceEntry has the host ${rule.host}`)];
  }
  const found: Problem[] = [];
  for (const subset of rule.subsets) {
    const endpoints = services.flatMap((service) => service.ports.flatMap((port) => port.endpoints));
    if (!endpoints.some((endpoint) => selects(subset.labels, endpoint.labels))) {
      found.push(
        problem(
          rule.source,
          "SubsetEmpty",
          "warning",
          `no endpoint of ${rule.host} has the labels of subset ${subset.name}`,
        ),
      );
    }
  }
  const modes = [undefined, ...rule.subsets].flatMap((subset) =>
    services.flatMap((service) => service.ports.map((port) => effectivePolicy(rule, port.port, subset).tls?.mode)),
  );
  if (modes.some((mode) => mode === "SIMPLE" || mode === "MUTUAL")) {
    found.push(problem(rule.source, "TlsUnsupported", "warning", "starting TLS to a destination is not acted on yet"));
  }
  return found;
}

function gatewayProblems(mesh: Mesh, gateway: Mesh["gateways"][number]): Problem[] {
  const found: Problem[] = [];
  if (!mesh.settings.gatewayWorkloads.some((workload) => selects(gateway.spec.selector, workload.labels))) {
    found.push(problem(gateway, "SelectorMatchesNothing", "error", "its selector fits no gateway that runs"));
  }
  for (const server of serversOf(gateway)) {
    const kind = serverKind(server);
    if (kind === "tls") {
      found.push(problem(gateway, "TlsUnsupported", "warning", `port ${server.port}: ${tlsReason(server)}`));
    } else if (kind === "none") {
      found.push(
        problem(gateway, "ProtocolUnsupported", "warning", `port ${server.port}: its protocol is not acted on`),
      );
    }
    if (!mesh.routings.some((routing) => boundHosts(server, routing).length > 0)) {
      const outcome = kind === "http" ? "every path answers 404" : "nothing listens there";
      found.push(
        problem(gateway, "NoRoutes", "info", `port ${server.port}: no VirtualService is bound to it; ${outcome}`),
      );
    }
  }
  return found;
}

function tlsReason({ tlsMode, protocol }: GatewayServer): string {
  if (tlsMode === "AUTO_PASSTHROUGH")
    return "AUTO_PASSTHROUGH joins meshes by mutual TLS, which is to come; nothing listens there";
  if (tlsMode === undefined) return `${protocol} without a mode of TLS is not acted on; nothing listens there`;
  return `ending TLS (${tlsMode}) is to come, certificates are not given to gateways yet; nothing listens there`;
}

/** Servers of different layers on one port: the oldest decides. */
function gatewayConflicts(mesh: Mesh): Problem[] {
  const found: Problem[] = [];
  for (const workload of mesh.settings.gatewayWorkloads) {
    const first = new Map<number, "http" | "tls" | "tcp">();
    for (const gateway of mesh.gateways.filter((entry) => selects(entry.spec.selector, workload.labels))) {
      for (const server of serversOf(gateway)) {
        const family = familyOf(server);
        const before = first.get(server.port);
        if (before === undefined) first.set(server.port, family);
        else if (before !== family) {
          found.push(
            problem(
              gateway,
              "PortConflict",
              "error",
              `port ${server.port} already speaks another protocol; this server is dropped`,
            ),
          );
        }
      }
    }
  }
  return found;
}

/** What can share a port: requests told apart by Host, TLS told apart by server name, bytes. */
function familyOf(server: GatewayServer): "http" | "tls" | "tcp" {
  const kind = serverKind(server);
  return kind === "sni" || kind === "tls" ? "tls" : kind === "http" ? "http" : "tcp";
}

function serviceProblems(service: MeshService): Problem[] {
  return service.ports
    .filter(({ protocol }) => protocol === "udp")
    .map(({ port }) => problem(service.source, "UdpUnsupported", "warning", `port ${port}: UDP is not carried`));
}

/** Two services without an address of their own cannot share a port as bytes, unless TLS names them. */
function portConflicts(mesh: Mesh): Problem[] {
  const found: Problem[] = [];
  const owner = new Map<number, { readonly service: MeshService; readonly named: boolean }>();
  for (const service of mesh.services.values()) {
    if (service.addresses.length > 0 || service.resolution === "headless") continue;
    for (const port of service.ports.filter((entry) => layerOf(entry.protocol) === "tcp")) {
      const first = owner.get(port.port);
      const named = carriesTls(port.protocol);
      if (first === undefined) owner.set(port.port, { service, named });
      else if (first.service.source !== service.source && !(first.named && named)) {
        found.push(
          problem(
            service.source,
            "PortConflict",
            "warning",
            `port ${port.port} without an address belongs to ${first.service.host}; connections cannot be told apart`,
          ),
        );
      }
    }
  }
  return found;
}
