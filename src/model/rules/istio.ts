import type { Path, Report } from "../finding.ts";
import { isCidr, isDomain, isIp, isLabelValue, isWildcardDomain } from "../names.ts";
import type { DestinationRule, TrafficPolicy } from "../schema/destination-rule.ts";
import type { Gateway } from "../schema/gateway.ts";
import type { ImageCatalog } from "../schema/image-catalog.ts";
import type { ServiceEntry } from "../schema/service-entry.ts";
import { type Loose, type Rule, unique } from "./rule.ts";

const protocols = [
  "HTTP",
  "HTTPS",
  "GRPC",
  "GRPC-WEB",
  "HTTP2",
  "MONGO",
  "TCP",
  "TLS",
  "MYSQL",
  "REDIS",
  "UDP",
  "AUTO",
];

export const destinationRuleRule: Rule<DestinationRule> = ({ spec = {} }, report) => {
  if (spec.trafficPolicy) policyRule(spec.trafficPolicy, ["spec", "trafficPolicy"], report);
  unique(spec.subsets, ["spec", "subsets"], (subset) => subset.name, report, "name");
  for (const [index, subset] of (spec.subsets ?? []).entries()) {
    const path = ["spec", "subsets", index];
    for (const [name, value] of Object.entries(subset.labels ?? {}))
      if (value !== undefined && !isLabelValue(value))
        report.invalid([...path, "labels", name], value, "is not a label value");
    if (subset.name === "") report.required([...path, "name"]);
    if (subset.trafficPolicy) policyRule(subset.trafficPolicy, [...path, "trafficPolicy"], report);
  }
};

type Policy = Loose<TrafficPolicy>;

function policyRule(policy: Policy, path: Path, report: Report): void {
  if (Object.keys(policy).length === 0) report.required(path, "a traffic policy needs at least one field");
  blockRule(policy, path, report);
  for (const [index, settings] of (policy.portLevelSettings ?? []).entries()) {
    const here = [...path, "portLevelSettings", index];
    if (settings.port?.number === undefined) report.required([...here, "port", "number"]);
    blockRule(settings, here, report);
  }
  unique(policy.portLevelSettings, [...path, "portLevelSettings"], (item) => item.port?.number?.toString(), report);
}

type Block = Pick<Policy, "connectionPool" | "loadBalancer" | "tls">;

function blockRule({ connectionPool, loadBalancer, tls }: Block, path: Path, report: Report): void {
  const { h2UpgradePolicy, useClientProtocol } = connectionPool?.http ?? {};
  if (h2UpgradePolicy === "UPGRADE" && useClientProtocol === true)
    report.forbidden(
      [...path, "connectionPool", "http", "useClientProtocol"],
      "only one of h2UpgradePolicy UPGRADE and useClientProtocol may be set",
    );
  const here = [...path, "loadBalancer"];
  if (loadBalancer?.simple !== undefined && loadBalancer.consistentHash)
    report.forbidden([...here, "consistentHash"], "only one of simple and consistentHash may be set");
  const hash = loadBalancer?.consistentHash;
  if (hash) {
    const keys = [hash.httpHeaderName, hash.httpCookie, hash.useSourceIp, hash.httpQueryParameterName].filter(
      (key) => key !== undefined,
    );
    if (keys.length !== 1)
      report.required(
        [...here, "consistentHash"],
        "exactly one of httpHeaderName, httpCookie, useSourceIp, httpQueryParameterName",
      );
    if (hash.ringHash && hash.maglev)
      report.forbidden([...here, "consistentHash", "maglev"], "only one of ringHash and maglev may be set");
  }
  if (loadBalancer?.warmup && loadBalancer.warmupDurationSecs !== undefined)
    report.forbidden([...here, "warmupDurationSecs"], "only one of warmup and warmupDurationSecs may be set");
  if (tls?.mode === "MUTUAL" && tls.credentialName === undefined) {
    if (tls.clientCertificate === undefined) report.required([...path, "tls", "clientCertificate"], "needed by MUTUAL");
    if (tls.privateKey === undefined) report.required([...path, "tls", "privateKey"], "needed by MUTUAL");
  }
}

export const gatewayRule: Rule<Gateway> = ({ spec = {} }, report) => {
  if (!spec.servers?.length) report.required(["spec", "servers"], "a gateway needs at least one server");
  unique(spec.servers, ["spec", "servers"], (server) => server.name, report, "name");
  unique(
    spec.servers?.map((server) => server.port),
    ["spec", "servers"],
    (port) => port?.name,
    report,
  );
  for (const [index, server] of (spec.servers ?? []).entries()) {
    const path = ["spec", "servers", index];
    const protocol = server.port?.protocol?.toUpperCase();
    protocolRule(server.port?.protocol, [...path, "port", "protocol"], report);
    for (const [at, host] of (server.hosts ?? []).entries()) gatewayHost(host, [...path, "hosts", at], report);
    const { tls } = server;
    if ((protocol === "HTTPS" || protocol === "TLS") && !tls)
      report.required([...path, "tls"], `a server of protocol ${protocol} needs it`);
    if (tls?.httpsRedirect && protocol !== "HTTP")
      report.forbidden([...path, "tls", "httpsRedirect"], "only for servers of protocol HTTP");
    if (!tls) continue;
    const files = tls.serverCertificate !== undefined && tls.privateKey !== undefined;
    const credentials =
      tls.credentialName !== undefined || (tls.credentialNames ?? tls.tlsCertificates ?? []).length > 0;
    if ((tls.mode === "SIMPLE" || tls.mode === "MUTUAL" || tls.mode === "OPTIONAL_MUTUAL") && !files && !credentials)
      report.required(
        [...path, "tls", "credentialName"],
        `${tls.mode} needs a certificate: credentialName, or serverCertificate and privateKey`,
      );
    if (tls.mode === "ISTIO_MUTUAL" && (files || credentials))
      report.forbidden([...path, "tls", "credentialName"], "ISTIO_MUTUAL uses the workload's own certificate");
  }
};

function gatewayHost(host: string, path: Path, report: Report): void {
  const parts = host.split("/");
  const name = parts.at(-1) ?? "";
  if (parts.length > 2 || (parts.length === 2 && !/^(\.|\*|[a-z0-9]([-a-z0-9]*[a-z0-9])?)$/.test(parts[0] ?? "")))
    report.invalid(path, host, "must be `host` or `namespace/host`; the namespace may be `.` or `*`");
  else if (!isWildcardDomain(name))
    report.invalid(path, host, "must be a domain name, `*` or `*.` before a domain name");
}

function protocolRule(protocol: string | undefined, path: Path, report: Report): void {
  if (protocol !== undefined && !protocols.includes(protocol.toUpperCase()))
    report.add(
      path,
      "not-supported",
      `Unsupported value: ${JSON.stringify(protocol)}: supported values: ${protocols.map((name) => `"${name}"`).join(", ")}`,
    );
}

export const serviceEntryRule: Rule<ServiceEntry> = ({ spec = {} }, report) => {
  const { hosts = [], addresses = [], ports = [], endpoints = [], resolution = "NONE" } = spec;
  for (const [index, host] of hosts.entries()) {
    const path = ["spec", "hosts", index];
    if (host === "*") report.invalid(path, host, "a ServiceEntry may not have the host *");
    else if (!isIp(host) && !isWildcardDomain(host))
      report.invalid(path, host, "must be a domain name, or `*.` before one");
    else if (host.startsWith("*") && resolution.startsWith("DNS"))
      report.invalid(
        path,
        host,
        `a wildcard cannot be looked up with resolution ${resolution}`,
        "use `resolution: NONE` or `DYNAMIC_DNS`",
      );
  }
  unique(hosts, ["spec", "hosts"], (host) => host.toLowerCase(), report);
  for (const [index, address] of addresses.entries())
    if (!isIp(address) && !isCidr(address))
      report.invalid(["spec", "addresses", index], address, "must be an IP address or a CIDR");
  unique(ports, ["spec", "ports"], (port) => port.name, report, "name");
  unique(ports, ["spec", "ports"], (port) => port.number?.toString(), report, "number");
  for (const [index, port] of ports.entries())
    protocolRule(port.protocol, ["spec", "ports", index, "protocol"], report);
  if (spec.workloadSelector && endpoints.length > 0)
    report.forbidden(["spec", "workloadSelector"], "only one of workloadSelector and endpoints may be set");
  if (resolution === "NONE" && endpoints.length > 0)
    report.forbidden(["spec", "endpoints"], "no endpoints may be given with resolution NONE");
  if (resolution === "STATIC" && endpoints.length === 0 && !spec.workloadSelector)
    report.required(["spec", "endpoints"], "resolution STATIC needs endpoints");
  const names = new Set(ports.map((port) => port.name));
  for (const [index, endpoint] of endpoints.entries()) {
    const path = ["spec", "endpoints", index];
    const { address } = endpoint;
    if (address === undefined || address === "") report.required([...path, "address"]);
    else if (resolution === "STATIC" && !isIp(address) && !address.startsWith("unix://"))
      report.invalid(
        [...path, "address"],
        address,
        "must be an IP address with resolution STATIC",
        "use `resolution: DNS` for names",
      );
    else if (resolution.startsWith("DNS") && !isIp(address) && !isDomain(address))
      report.invalid([...path, "address"], address, "must be a domain name or an IP address");
    for (const name of Object.keys(endpoint.ports ?? {}))
      if (!names.has(name))
        report.invalid([...path, "ports", name], name, `is no port of the entry (${[...names].join(", ")})`);
  }
};

export const imageCatalogRule: Rule<ImageCatalog> = ({ spec = {} }, report) => {
  unique(spec.images, ["spec", "images"], (image) => image.match, report, "match");
};
