import type { Static } from "typebox";
import { choice, duration, flag, float, integer, list, map, object, text, textMap, texts } from "./build.ts";
import { exportTo, istioStatus, portSelector, workloadSelector } from "./istio.ts";
import { head } from "./meta.ts";

const size = (description: string) => integer(description, { minimum: 0 });

const localityLbSetting = object(
  "Preference by place.",
  {},
  {
    distribute: list(
      "Shares by place.",
      object(
        "Shares.",
        {},
        {
          from: text("Place of the caller."),
          to: map("Shares of places.", integer("Percent.", { minimum: 0, maximum: 100 })),
        },
      ),
    ),
    failover: list("Where to fail over.", object("A pair.", {}, { from: text("Region."), to: text("Region.") })),
    failoverPriority: texts("Labels that rank endpoints."),
    enabled: flag("Turned on."),
  },
);

const loadBalancer = object(
  "How an endpoint is picked: simple or consistentHash.",
  {},
  {
    simple: choice("By a simple rule.", [
      "UNSPECIFIED",
      "RANDOM",
      "PASSTHROUGH",
      "ROUND_ROBIN",
      "LEAST_REQUEST",
      "LEAST_CONN",
    ]),
    consistentHash: object(
      "By a key of the request.",
      {},
      {
        httpHeaderName: text("A header."),
        httpCookie: object(
          "A cookie.",
          { name: text("Name.") },
          {
            path: text("Path."),
            ttl: text("Lifetime; 0s is a session cookie.", { format: "duration-or-zero" }),
            attributes: list(
              "More attributes.",
              object("An attribute.", { name: text("Name.") }, { value: text("Value.") }),
            ),
          },
        ),
        useSourceIp: flag("The caller's address."),
        httpQueryParameterName: text("A query parameter."),
        ringHash: object("Ring.", {}, { minimumRingSize: size("Least points.") }),
        maglev: object("Maglev.", {}, { tableSize: size("Table size, a prime.") }),
        minimumRingSize: size("Least points, an old field."),
      },
    ),
    localityLbSetting,
    warmupDurationSecs: text("Warm-up, an old field.", { format: "duration" }),
    warmup: object(
      "New endpoints get traffic slowly.",
      { duration: duration("How long.") },
      {
        minimumPercent: float("First share.", { minimum: 0, maximum: 100 }),
        aggression: float("Curve.", { minimum: 1 }),
      },
    ),
  },
);

const connectionPool = object(
  "Limits of connections and requests.",
  {},
  {
    tcp: object(
      "For all connections.",
      {},
      {
        maxConnections: size("Connections."),
        connectTimeout: duration("Until a connection stands."),
        tcpKeepalive: object(
          "Keep-alive.",
          {},
          { probes: size("Probes."), time: duration("Idle time before."), interval: duration("Between probes.") },
        ),
        maxConnectionDuration: duration("Longest life."),
        idleTimeout: text("Idle time before it is closed; 0s never.", { format: "duration-or-zero" }),
      },
    ),
    http: object(
      "For HTTP.",
      {},
      {
        http1MaxPendingRequests: size("Requests that wait for a connection."),
        http2MaxRequests: size("Requests at a time."),
        maxRequestsPerConnection: size("Requests until a connection is closed; 0 = no bound."),
        maxRetries: size("Retries at a time."),
        idleTimeout: text("Idle time before a connection is closed; 0s never.", { format: "duration-or-zero" }),
        h2UpgradePolicy: choice("HTTP/2 to endpoints.", ["DEFAULT", "DO_NOT_UPGRADE", "UPGRADE"]),
        useClientProtocol: flag("Speak what the caller speaks."),
        maxConcurrentStreams: size("Streams of a connection."),
        http2KeepAlive: object(
          "HTTP/2 pings.",
          {},
          { interval: duration("Between pings."), timeout: duration("Until one fails.") },
        ),
      },
    ),
  },
);

const outlierDetection = object(
  "Leave out endpoints that fail.",
  {},
  {
    consecutiveErrors: integer("Errors in a row, an old field.", { minimum: 0 }),
    splitExternalLocalOriginErrors: flag("Count local errors apart."),
    consecutiveLocalOriginFailures: size("Local errors in a row."),
    consecutiveGatewayErrors: size("502, 503, 504 in a row."),
    consecutive5xxErrors: size("5xx in a row."),
    interval: duration("Between sweeps."),
    baseEjectionTime: duration("How long the first time."),
    maxEjectionPercent: integer("At most so many.", { minimum: 0, maximum: 100 }),
    minHealthPercent: integer("Off below so many healthy.", { minimum: 0, maximum: 100 }),
    outlierDetectionHttpErrorCodes: list("Codes that count.", integer("Code.", { minimum: 100, maximum: 599 })),
  },
);

const tls = object(
  "TLS to the endpoints.",
  {},
  {
    mode: choice("Which.", ["DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"]),
    clientCertificate: text("File with the client certificate."),
    privateKey: text("File with its key."),
    caCertificates: text("File with trusted authorities."),
    credentialName: text("Secret with all of them."),
    subjectAltNames: texts("Names the server must have."),
    sni: text("Server name."),
    insecureSkipVerify: flag("Trust any server."),
    caCrl: text("File with revoked certificates."),
  },
);

const blocks = { loadBalancer, connectionPool, outlierDetection, tls };
const retryBudget = object(
  "Bound of retries.",
  {},
  {
    percent: float("Share of requests.", { minimum: 0, maximum: 100 }),
    minRetryConcurrency: size("Always allowed."),
    budgetInterval: duration("Over which time."),
  },
);

const trafficPolicy = object(
  "How to reach the endpoints.",
  {},
  {
    ...blocks,
    portLevelSettings: list("For single ports.", object("Settings of a port.", {}, { port: portSelector, ...blocks })),
    tunnel: object(
      "Through a tunnel.",
      { targetHost: text("Host at its end."), targetPort: integer("Port at its end.", { minimum: 1, maximum: 65535 }) },
      { protocol: text("CONNECT or POST.") },
    ),
    proxyProtocol: object("Send the PROXY protocol.", {}, { version: choice("Version.", ["V1", "V2"]) }),
    retryBudget,
  },
);
export type TrafficPolicy = Static<typeof trafficPolicy>;

const subset = object(
  "Some of the endpoints, under a name.",
  { name: text("Name.") },
  { labels: textMap("Labels of its pods."), trafficPolicy },
);

export const destinationRule = object(
  "How a host's endpoints are reached.",
  {
    ...head,
    spec: object(
      "The policy.",
      { host: text("A service's name, short or full.", { format: "host" }) },
      { trafficPolicy, subsets: list("Subsets.", subset), exportTo, workloadSelector },
    ),
  },
  { status: istioStatus },
);
export type DestinationRule = Static<typeof destinationRule>;
