import type { Static } from "typebox";
import {
  choice,
  duration,
  flag,
  float,
  integer,
  list,
  object,
  portNumber,
  regex,
  text,
  textMap,
  texts,
} from "./build.ts";
import { exportTo, headers, istioStatus, portSelector, stringMatch, stringMatches } from "./istio.ts";
import { head } from "./meta.ts";

const destination = object(
  "Where requests go.",
  { host: text("A service's name, short or full.", { format: "host" }) },
  { subset: text("A subset its DestinationRule defines."), port: portSelector },
);
export type Destination = Static<typeof destination>;

const weight = integer("Share among the destinations.", { minimum: 0 });
const httpRouteDestination = object("A destination and its share.", { destination }, { weight, headers });
const routeDestination = object("A destination and its share.", { destination }, { weight });

const percent = object("A percentage.", {}, { value: float("0–100.", { minimum: 0, maximum: 100 }) });
const gateways = texts("Only for traffic of these gateways; `mesh` is all sidecars.");
const sourceLabels = textMap("Only callers with these labels.");
const sourceNamespace = text("Only callers of this namespace.");
const matchPort = portNumber("Only this port of the host.");

const httpMatch = object(
  "Conditions, all of which hold.",
  {},
  {
    name: text("Name of the match, for the route's name."),
    uri: stringMatch,
    scheme: stringMatch,
    method: stringMatch,
    authority: stringMatch,
    headers: stringMatches("Headers; names in lower case."),
    port: matchPort,
    sourceLabels,
    gateways,
    queryParams: stringMatches("Query parameters."),
    ignoreUriCase: flag("Letter case of the URI does not matter."),
    withoutHeaders: stringMatches("Headers that must not look so."),
    sourceNamespace,
    statPrefix: text("Prefix of statistics."),
  },
);

const redirect = object(
  "Answer with a redirect.",
  {},
  {
    uri: text("New path; the query stays."),
    authority: text("New host."),
    port: portNumber("New port."),
    derivePort: choice("Where the port comes from.", ["FROM_PROTOCOL_DEFAULT", "FROM_REQUEST_PORT"]),
    scheme: text("New scheme."),
    redirectCode: integer("Status code; 301 if absent."),
  },
);

const retries = object(
  "Trying again.",
  {},
  {
    attempts: integer("How often again; 0 turns it off.", { minimum: 0 }),
    perTryTimeout: duration("Timeout of one attempt."),
    retryOn: text("Conditions, comma-separated: 5xx, gateway-error, reset, connect-failure, status codes …"),
    retryRemoteLocalities: flag("Other localities too."),
    retryIgnorePreviousHosts: flag("Avoid endpoints tried before."),
    backoff: duration("Base of the waiting time."),
  },
);

const fault = object(
  "Faults put in on purpose.",
  {},
  {
    delay: object(
      "Wait first.",
      {},
      {
        fixedDelay: duration("How long."),
        exponentialDelay: duration("Unused by Istio."),
        percent: integer("Share of requests, an old field.", { minimum: 0, maximum: 100 }),
        percentage: percent,
      },
    ),
    abort: object(
      "Answer with an error.",
      {},
      {
        httpStatus: integer("Status code."),
        grpcStatus: text("gRPC status by name, such as UNAVAILABLE."),
        http2Error: text("HTTP/2 error."),
        percentage: percent,
      },
    ),
  },
);

const corsPolicy = object(
  "Cross-origin requests.",
  {},
  {
    allowOrigin: texts("Origins, an old field."),
    allowOrigins: list("Origins.", stringMatch),
    allowMethods: texts("Methods."),
    allowHeaders: texts("Request headers."),
    exposeHeaders: texts("Response headers scripts may read."),
    maxAge: duration("How long the answer to a preflight holds."),
    allowCredentials: flag("With cookies."),
    unmatchedPreflights: choice("Preflights of other origins.", ["UNSPECIFIED", "FORWARD", "IGNORE"]),
  },
);

const httpRoute = object(
  "What happens to some requests.",
  {},
  {
    name: text("Name, for logs."),
    match: list("One of which holds; absent means all requests.", httpMatch),
    route: list("Destinations.", httpRouteDestination),
    redirect,
    directResponse: object(
      "Answer without a destination.",
      { status: integer("Status code.", { minimum: 100, maximum: 599 }) },
      {
        body: object("Body: one of these.", {}, { string: text("Text."), bytes: text("Base64.", { format: "byte" }) }),
      },
    ),
    delegate: object("A VirtualService that goes on.", {}, { name: text("Name."), namespace: text("Namespace.") }),
    rewrite: object(
      "Change the request.",
      {},
      {
        uri: text("New path, or new prefix with a prefix match."),
        authority: text("New host."),
        uriRegexRewrite: object(
          "Change the path by RE2.",
          {},
          { match: regex("What to find."), rewrite: text("Its replacement, with \\1.") },
        ),
      },
    ),
    timeout: duration("For the whole request."),
    retries,
    fault,
    mirror: destination,
    mirrorPercent: integer("Share of requests, an old field.", { minimum: 0, maximum: 100 }),
    mirror_percent: integer("Share of requests, an old field.", { minimum: 0, maximum: 100 }),
    mirrorPercentage: percent,
    mirrors: list("Copies.", object("A copy.", { destination }, { percentage: percent })),
    corsPolicy,
    headers,
  },
);
export type HTTPRoute = Static<typeof httpRoute>;

const l4Fields = {
  destinationSubnets: texts("Only these addresses."),
  port: matchPort,
  sourceLabels,
  gateways,
  sourceNamespace,
};
const tlsRoute = object(
  "Where TLS connections go, by server name.",
  {
    match: list(
      "One of which holds.",
      object("Conditions.", { sniHosts: texts("Server names.", { minItems: 1 }) }, l4Fields),
      { minItems: 1 },
    ),
  },
  { route: list("Destinations.", routeDestination) },
);
const tcpRoute = object(
  "Where connections go.",
  {},
  {
    match: list(
      "One of which holds.",
      object("Conditions.", {}, { ...l4Fields, sourceSubnet: text("Only callers of these addresses.") }),
    ),
    route: list("Destinations.", routeDestination),
  },
);

export const virtualService = object(
  "How requests for some hosts are routed.",
  {
    ...head,
    spec: object(
      "The routes.",
      {},
      {
        hosts: texts("Hosts it is for.", {}),
        gateways: texts("Gateways it is for; `mesh` (the default) is all sidecars."),
        http: list("Rules for HTTP, in order.", httpRoute),
        tls: list("Rules for TLS passed through.", tlsRoute),
        tcp: list("Rules for TCP.", tcpRoute),
        exportTo,
      },
    ),
  },
  { status: istioStatus },
);
export type VirtualService = Static<typeof virtualService>;
