import type { Path, Report } from "../finding.ts";
import { hostCovers, hostsOverlap, isCidr, isIp, isWildcardDomain } from "../names.ts";
import type { HTTPRoute, VirtualService } from "../schema/virtual-service.ts";
import type { Loose, Rule } from "./rule.ts";

type Http = Loose<HTTPRoute>;

const retryConditions = new Set(
  (
    "5xx gateway-error reset reset-before-request connect-failure envoy-ratelimited " +
    "retriable-4xx refused-stream retriable-status-codes retriable-headers http3-post-connect-failure " +
    "cancelled deadline-exceeded internal resource-exhausted unavailable"
  ).split(" "),
);

/** The rules a VirtualService keeps beyond its schema. */
export const virtualServiceRule: Rule<VirtualService> = ({ spec = {} }, report) => {
  const hosts = spec.hosts ?? [];
  const { http = [], tls = [], tcp = [] } = spec;
  const mesh = !spec.gateways || spec.gateways.includes("mesh");
  if (hosts.length === 0) {
    if (spec.gateways?.length)
      report.forbidden(["spec", "gateways"], "a VirtualService without hosts is a delegate and has no gateways");
    if (tls.length + tcp.length > 0)
      report.forbidden(["spec"], "a VirtualService without hosts is a delegate and has only http routes");
  }
  checkHosts(hosts, mesh, report);
  if (http.length + tls.length + tcp.length === 0)
    report.required(["spec", "http"], "at least one of http, tls, tcp must be given");
  for (const [index, gateway] of (spec.gateways ?? []).entries()) {
    if (gateway === "" || gateway.split("/").length > 2)
      report.invalid(["spec", "gateways", index], gateway, "must be name, namespace/name or mesh");
  }
  for (const [index, route] of http.entries()) httpRule(route, ["spec", "http", index], hosts.length === 0, report);
  for (const [index, route] of tls.entries()) {
    const path = ["spec", "tls", index];
    if (!route.route?.length) report.required([...path, "route"], "a TLS route needs destinations");
    checkWeights(route.route ?? [], [...path, "route"], report);
    for (const [at, match] of (route.match ?? []).entries()) {
      for (const [position, sni] of (match.sniHosts ?? []).entries()) {
        if (!hosts.some((host) => hostCovers(host, sni)))
          report.invalid(
            [...path, "match", at, "sniHosts", position],
            sni,
            `must be matched by one of spec.hosts (${hosts.join(", ")})`,
          );
      }
      subnetRule(match.destinationSubnets, [...path, "match", at], report);
    }
  }
  for (const [index, route] of tcp.entries()) {
    const path = ["spec", "tcp", index];
    if (!route.route?.length) report.required([...path, "route"], "a TCP route needs destinations");
    checkWeights(route.route ?? [], [...path, "route"], report);
    for (const [at, match] of (route.match ?? []).entries())
      subnetRule(match.destinationSubnets, [...path, "match", at], report);
  }
};

function subnetRule(subnets: readonly string[] | undefined, path: Path, report: Report): void {
  for (const [index, subnet] of (subnets ?? []).entries())
    if (!isIp(subnet) && !isCidr(subnet))
      report.invalid([...path, "destinationSubnets", index], subnet, "must be an IP address or a CIDR");
}

function checkHosts(hosts: readonly string[], mesh: boolean, report: Report): void {
  for (const [index, host] of hosts.entries()) {
    const path = ["spec", "hosts", index];
    if (host === "*" && mesh)
      report.invalid(
        path,
        host,
        "wildcard host * is not allowed for virtual services bound to the mesh gateway",
        "name the hosts, or add `gateways` without mesh",
      );
    else if (!isIp(host) && !isWildcardDomain(host))
      report.invalid(path, host, "must be a domain name, an IP address, `*` or `*.` before a domain name");
    const other = hosts.slice(0, index).find((earlier) => hostsOverlap(earlier, host));
    if (other !== undefined)
      report.add(
        path,
        "duplicate",
        `Duplicate value: ${JSON.stringify(host)}: overlaps with the host ${JSON.stringify(other)}`,
      );
  }
}

function httpRule(route: Http, path: Path, delegated: boolean, report: Report): void {
  const actions = [
    route.route && "route",
    route.redirect && "redirect",
    route.directResponse && "directResponse",
    route.delegate && "delegate",
  ].filter(Boolean);
  if (route.redirect) {
    for (const field of ["route", "fault", "rewrite", "directResponse", "delegate"] as const)
      if (route[field] !== undefined) report.forbidden([...path, field], "may not stand beside redirect");
  } else if (route.directResponse) {
    for (const field of ["route", "rewrite", "delegate"] as const)
      if (route[field] !== undefined) report.forbidden([...path, field], "may not stand beside directResponse");
  } else if (route.delegate) {
    for (const field of ["route"] as const)
      if (route[field] !== undefined) report.forbidden([...path, field], "may not stand beside delegate");
  }
  if (actions.length === 0 && !delegated)
    report.required([...path, "route"], "an HTTP route needs one of route, redirect, directResponse, delegate");
  if (route.route?.length === 0) report.required([...path, "route"], "at least one destination");
  checkWeights(route.route ?? [], [...path, "route"], report);
  checkMatches(route, path, report);
  checkRewrite(route, path, report);
  const { redirect, retries, fault } = route;
  if (redirect) {
    if (redirect.redirectCode !== undefined && ![301, 302, 303, 307, 308].includes(redirect.redirectCode))
      report.invalid([...path, "redirect", "redirectCode"], redirect.redirectCode, "must be 301, 302, 303, 307 or 308");
    if (redirect.port !== undefined && redirect.derivePort !== undefined)
      report.forbidden([...path, "redirect", "derivePort"], "may not stand beside port");
    if (Object.keys(redirect).every((field) => field === "redirectCode"))
      report.required([...path, "redirect"], "at least one of uri, authority, port, derivePort, scheme");
  }
  if (route.directResponse?.body && Object.keys(route.directResponse.body).length !== 1)
    report.required([...path, "directResponse", "body"], "exactly one of string, bytes");
  if (retries) {
    if (retries.attempts === 0 && (retries.perTryTimeout ?? retries.retryOn) !== undefined)
      report.forbidden([...path, "retries"], "attempts: 0 turns retries off; no other field may be set");
    for (const condition of (retries.retryOn ?? "").split(",")) {
      const name = condition.trim();
      if (name !== "" && !retryConditions.has(name) && !/^[1-5]\d\d$/.test(name))
        report.invalid([...path, "retries", "retryOn"], retries.retryOn, `${name} is no retry condition`);
    }
  }
  if (fault) checkFault(fault, [...path, "fault"], report);
  if (route.mirror && route.mirrors) report.forbidden([...path, "mirrors"], "may not stand beside mirror");
}

function checkFault(fault: NonNullable<Http["fault"]>, path: Path, report: Report): void {
  const { delay, abort } = fault;
  if (!delay && !abort) report.required(path, "one of delay, abort");
  if (delay && delay.fixedDelay === undefined && delay.exponentialDelay === undefined)
    report.required([...path, "delay", "fixedDelay"]);
  if (delay && !delay.percentage && delay.percent === undefined)
    report.warn(
      [...path, "delay"],
      "no-effect",
      "without percentage no request is delayed",
      "add `percentage: {value: 100}`",
    );
  if (!abort) return;
  const kinds = [abort.httpStatus, abort.grpcStatus, abort.http2Error].filter((value) => value !== undefined);
  if (kinds.length !== 1)
    report.required([...path, "abort", "httpStatus"], "exactly one of httpStatus, grpcStatus, http2Error");
  if (abort.httpStatus !== undefined && (abort.httpStatus < 200 || abort.httpStatus > 599))
    report.invalid([...path, "abort", "httpStatus"], abort.httpStatus, "must be between 200 and 599, inclusive");
  if (!abort.percentage)
    report.warn(
      [...path, "abort"],
      "no-effect",
      "without percentage no request is aborted",
      "add `percentage: {value: 100}`",
    );
}

function checkMatches(route: Http, path: Path, report: Report): void {
  for (const [index, match] of (route.match ?? []).entries()) {
    const here = [...path, "match", index];
    const strings: [Path, Loose<{ exact?: string; prefix?: string; regex?: string }> | undefined][] = [
      [[...here, "uri"], match.uri],
      [[...here, "scheme"], match.scheme],
      [[...here, "method"], match.method],
      [[...here, "authority"], match.authority],
    ];
    for (const field of ["headers", "queryParams", "withoutHeaders"] as const)
      for (const [name, value] of Object.entries(match[field] ?? {})) {
        strings.push([[...here, field, name], value]);
        if (field !== "queryParams" && name !== name.toLowerCase() && !name.startsWith("@"))
          report.warn(
            [...here, field, name],
            "header-case",
            `header names are compared in lower case; write ${name.toLowerCase()}`,
          );
      }
    for (const [at, value] of strings) {
      if (value && Object.keys(value).length > 1) report.forbidden(at, "only one of exact, prefix, regex may be set");
      if (value?.prefix === "") report.invalid([...at, "prefix"], "", "must not be empty");
    }
  }
}

function checkRewrite(route: Http, path: Path, report: Report): void {
  const { rewrite } = route;
  const request = route.headers?.request;
  const names = (record: object | undefined) =>
    Object.keys(record ?? {}).filter((name) => /^(host|:authority)$/i.test(name));
  const byHeader = [...names(request?.set), ...names(request?.add)];
  if (byHeader.length > 0 && rewrite?.authority !== undefined)
    report.forbidden(
      [...path, "rewrite", "authority"],
      `the authority is already set by headers.request (${byHeader.join(", ")})`,
    );
  if (!rewrite) return;
  if (rewrite.uri === "") report.invalid([...path, "rewrite", "uri"], "", "must not be empty", "write `/`");
  if (rewrite.uri !== undefined && rewrite.uriRegexRewrite)
    report.forbidden([...path, "rewrite", "uriRegexRewrite"], "may not stand beside uri");
  if (Object.keys(rewrite).length === 0)
    report.required([...path, "rewrite"], "one of uri, authority, uriRegexRewrite");
}

function checkWeights(routes: readonly { weight?: number | undefined }[], path: Path, report: Report): void {
  if (routes.length < 2) return;
  const sum = routes.reduce((total, route) => total + (route.weight ?? 0), 0);
  if (sum <= 0)
    report.invalid(
      path,
      routes.map((route) => route.weight ?? 0),
      "total destination weight must be greater than 0",
      "give every destination a `weight`",
    );
}
