import {
  destinationRule,
  effectivePolicy,
  selects,
  type HttpMatch,
  type HttpRule,
  type MeshService,
  type PortPolicy,
  type Routing,
} from "../mesh/index.ts";
import type { HashPolicy, RedirectAction, Route, RouteAction, RouteMatch, WeightedCluster } from "../xds/index.ts";
import { outboundCluster } from "./cluster-name.ts";
import { destinationCluster, destinationPolicy, type RouteScope } from "./destination.ts";
import { envoyDuration } from "./duration.ts";
import { corsOf, faultOf } from "./fault-and-cors.ts";
import { authorityOf, headerFields } from "./header-options.ts";
import { defaultRetry, retryPolicy } from "./retry.ts";
import { fraction, matchesAll, routeMatch } from "./string-match.ts";

/** The routes of one VirtualService, in order, up to the first that every request fits. */
export function rulesToRoutes(routing: Routing, scope: RouteScope, virtualHost: string): Route[] {
  const routes: Route[] = [];
  for (const rule of routing.source.spec.http ?? []) {
    // A delegate's rules are not read yet: its root matches nothing.
    if (rule.delegate !== undefined) continue;
    const matches = rule.match ?? [];
    for (const match of matches.length === 0 ? [undefined] : matches) {
      if (!applies(match, routing, scope)) continue;
      const route = ruleToRoute(rule, match, routing, scope, virtualHost);
      routes.push(route);
      if (matchesAll(route.match)) return routes;
    }
  }
  return routes;
}

/** The conditions that are decided per proxy. */
function applies(match: HttpMatch | undefined, routing: Routing, scope: RouteScope): boolean {
  if (match === undefined) return routing.gateways.some((gateway) => scope.gateways.includes(gateway));
  if (match.port !== undefined && match.port !== scope.port) return false;
  const named = match.gateways ?? [];
  if (named.length > 0) {
    return named.some((gateway) => scope.gateways.includes(gatewayName(gateway, routing.namespace)));
  }
  if (!routing.gateways.some((gateway) => scope.gateways.includes(gateway))) return false;
  if (scope.labels === undefined) return true;
  if (
    match.sourceNamespace !== undefined &&
    match.sourceNamespace !== "" &&
    match.sourceNamespace !== scope.namespace
  ) {
    return false;
  }
  return selects(match.sourceLabels, scope.labels);
}

function gatewayName(name: string, namespace: string): string {
  if (name === "mesh") return name;
  if (!name.includes("/")) return `${namespace}/${name}`;
  return name.startsWith("./") ? `${namespace}/${name.slice(2)}` : name;
}

function ruleToRoute(
  rule: HttpRule,
  match: HttpMatch | undefined,
  routing: Routing,
  scope: RouteScope,
  virtualHost: string,
): Route {
  const name = match?.name ? `${rule.name ?? ""}.${match.name}` : rule.name;
  const on = routeMatch(match);
  const fault = faultOf(rule.fault);
  const cors = corsOf(rule.corsPolicy);
  const only = rule.route?.length === 1 ? rule.route[0] : undefined;
  return {
    ...(name === undefined || name === "" ? {} : { name }),
    match: on,
    ...actionOf(rule, routing, scope),
    metadata: {
      filter_metadata: {
        istio: {
          config: `/apis/networking.istio.io/v1/namespaces/${routing.namespace}/virtual-service/${routing.name}`,
        },
      },
    },
    decorator: { operation: `${virtualHost}${operationPath(on)}` },
    ...headerFields(rule.headers, only?.headers),
    ...(fault === undefined && cors === undefined
      ? {}
      : {
          typed_per_filter_config: {
            ...(fault === undefined ? {} : { "envoy.filters.http.fault": fault }),
            ...(cors === undefined ? {} : { "envoy.filters.http.cors": cors }),
          },
        }),
  };
}

function operationPath(match: RouteMatch): string {
  return match.path ?? (match.prefix === undefined ? "/*" : `${match.prefix}*`);
}

function actionOf(
  rule: HttpRule,
  routing: Routing,
  scope: RouteScope,
): Pick<Route, "route" | "redirect" | "direct_response"> {
  if (rule.redirect !== undefined) return { redirect: redirectOf(rule.redirect, scope.port) };
  const direct = rule.directResponse;
  if (direct !== undefined) {
    const { string, bytes } = direct.body ?? {};
    const body =
      string === undefined ? (bytes === undefined ? undefined : { inline_bytes: bytes }) : { inline_string: string };
    return { direct_response: { status: direct.status, ...(body === undefined ? {} : { body }) } };
  }
  return { route: forwardOf(rule, routing, scope) };
}

const redirectCodes: Readonly<Record<number, NonNullable<RedirectAction["response_code"]>>> = {
  301: "MOVED_PERMANENTLY",
  302: "FOUND",
  303: "SEE_OTHER",
  307: "TEMPORARY_REDIRECT",
  308: "PERMANENT_REDIRECT",
};

function redirectOf(redirect: NonNullable<HttpRule["redirect"]>, listenerPort: number): RedirectAction {
  const ordinary =
    (redirect.scheme === "https" && listenerPort === 443) || (redirect.scheme !== "https" && listenerPort === 80);
  const port = redirect.port ?? (redirect.derivePort === "FROM_REQUEST_PORT" && !ordinary ? listenerPort : undefined);
  return {
    ...(redirect.scheme === undefined ? {} : { scheme_redirect: redirect.scheme }),
    ...(redirect.authority === undefined ? {} : { host_redirect: redirect.authority }),
    ...(port === undefined ? {} : { port_redirect: port }),
    ...(redirect.uri === undefined ? {} : { path_redirect: redirect.uri }),
    response_code: redirectCodes[redirect.redirectCode ?? 301] ?? "MOVED_PERMANENTLY",
  };
}

function forwardOf(rule: HttpRule, routing: Routing, scope: RouteScope): RouteAction {
  const all = rule.route ?? [];
  // A share of zero is left out, unless it is the only one: that gets everything.
  const routes = all.length === 1 ? all : all.filter((entry) => (entry.weight ?? 0) > 0);
  const [only] = routes;
  const hash = routes.flatMap((entry) => hashPolicies(destinationPolicy(entry.destination, routing, scope)));
  const retry = retryPolicy(rule.retries, hash.length > 0);
  const authority =
    rule.rewrite?.authority ?? authorityOf(rule.headers) ?? (all.length === 1 ? authorityOf(only?.headers) : undefined);
  const regex = rule.rewrite?.uriRegexRewrite;
  const mirrors = mirrorsOf(rule, routing, scope);
  return {
    ...(all.length === 1 && only !== undefined
      ? { cluster: destinationCluster(only.destination, routing, scope) }
      : { weighted_clusters: { clusters: routes.map((entry) => weightedCluster(entry, routing, scope)) } }),
    ...(rule.rewrite?.uri === undefined ? {} : { prefix_rewrite: rule.rewrite.uri }),
    ...(regex?.match === undefined
      ? {}
      : { regex_rewrite: { pattern: { regex: regex.match }, substitution: regex.rewrite ?? "" } }),
    ...(authority === undefined ? {} : { host_rewrite_literal: authority }),
    timeout: envoyDuration(rule.timeout) ?? "0s",
    max_grpc_timeout: envoyDuration(rule.timeout) ?? "0s",
    ...(retry === undefined ? {} : { retry_policy: retry }),
    ...(mirrors.length === 0 ? {} : { request_mirror_policies: mirrors }),
    ...(hash.length === 0 ? {} : { hash_policy: hash }),
  };
}

type RouteEntry = NonNullable<HttpRule["route"]>[number];

function weightedCluster(entry: RouteEntry, routing: Routing, scope: RouteScope): WeightedCluster {
  const authority = authorityOf(entry.headers);
  return {
    name: destinationCluster(entry.destination, routing, scope),
    weight: entry.weight ?? 0,
    ...headerFields(entry.headers),
    ...(authority === undefined ? {} : { host_rewrite_literal: authority }),
  };
}

function mirrorsOf(rule: HttpRule, routing: Routing, scope: RouteScope) {
  const listed = (rule.mirrors ?? []).map((mirror) => ({
    destination: mirror.destination,
    percent: mirror.percentage?.value ?? 100,
  }));
  const single = {
    destination: rule.mirror,
    percent: rule.mirrorPercentage?.value ?? rule.mirrorPercent ?? 100,
  };
  return [single, ...listed].flatMap(({ destination, percent }) =>
    destination === undefined || percent === 0
      ? []
      : [
          {
            cluster: destinationCluster(destination, routing, scope),
            runtime_fraction: { default_value: fraction(percent) },
            trace_sampled: false,
            disable_shadow_host_suffix_append: true,
          },
        ],
  );
}

/** What the balancer of a destination hashes. */
function hashPolicies(policy: PortPolicy | undefined): HashPolicy[] {
  const hash = policy?.loadBalancer?.consistentHash;
  if (hash === undefined) return [];
  if (hash.httpHeaderName !== undefined) return [{ header: { header_name: hash.httpHeaderName } }];
  if (hash.httpQueryParameterName !== undefined) return [{ query_parameter: { name: hash.httpQueryParameterName } }];
  if (hash.useSourceIp === true) return [{ connection_properties: { source_ip: true } }];
  const cookie = hash.httpCookie;
  if (cookie === undefined) return [];
  const ttl = envoyDuration(cookie.ttl);
  return [
    {
      cookie: {
        name: cookie.name,
        ...(cookie.path === undefined ? {} : { path: cookie.path }),
        ...(ttl === undefined ? {} : { ttl }),
      },
    },
  ];
}

/** Where requests go that no VirtualService speaks of. */
export function defaultRoute(service: MeshService, port: number, scope: RouteScope): Route {
  const hash = hashPolicies(effectivePolicy(destinationRule(scope.mesh, service, scope.namespace), port, undefined));
  return {
    name: "default",
    match: { prefix: "/" },
    route: {
      cluster: outboundCluster(service.host, port),
      timeout: "0s",
      max_grpc_timeout: "0s",
      retry_policy: hash.length === 0 ? defaultRetry : (retryPolicy(undefined, true) ?? defaultRetry),
      ...(hash.length === 0 ? {} : { hash_policy: hash }),
    },
    decorator: { operation: `${service.host}:${port}/*` },
  };
}
