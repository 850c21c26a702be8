/** What a port speaks, as declared; `auto` is found out from the first bytes. */
export type Protocol =
  | "http"
  | "http2"
  | "grpc"
  | "grpc-web"
  | "https"
  | "tls"
  | "tcp"
  | "mongo"
  | "redis"
  | "mysql"
  | "udp"
  | "auto";

/** How the data plane treats a protocol: requests, bytes, requests-if-they-look-so, or not at all. */
export type Layer = "http" | "tcp" | "auto" | "none";

const byName: Readonly<Record<string, Protocol>> = {
  http: "http",
  http2: "http2",
  "grpc-web": "grpc-web",
  grpc: "grpc",
  https: "https",
  tls: "tls",
  tcp: "tcp",
  mongo: "mongo",
  redis: "redis",
  mysql: "mysql",
  udp: "udp",
};

const byAppProtocol: Readonly<Record<string, Protocol>> = {
  "kubernetes.io/h2c": "http2",
  "kubernetes.io/ws": "http",
  "kubernetes.io/wss": "https",
};

/** Ports whose protocols let the server speak first: looking for the client's first bytes would wait for ever. */
const serverFirst = new Set([25, 53, 3306, 27017]);

/**
 * The protocol of a Service's port: `appProtocol`, else the name's prefix, else what the number tells. An `appProtocol`
 * that is none of ours hides the name, as in Istio.
 */
export function protocolOf(port: {
  readonly name?: string | undefined;
  readonly port: number;
  readonly protocol?: string | undefined;
  readonly appProtocol?: string | undefined;
}): Protocol {
  if (port.protocol?.toUpperCase() === "UDP") return "udp";
  const said = (port.appProtocol ?? port.name ?? "").toLowerCase();
  const prefix = said.startsWith("grpc-web") ? "grpc-web" : (said.split("-", 1)[0] ?? "");
  const declared = port.appProtocol === undefined ? undefined : byAppProtocol[said];
  return declared ?? byName[prefix] ?? (serverFirst.has(port.port) ? "tcp" : "auto");
}

/** The protocol a Gateway or ServiceEntry names in capitals. */
export function namedProtocol(name: string | undefined): Protocol {
  return byName[name?.toLowerCase() ?? ""] ?? "auto";
}

export function layerOf(protocol: Protocol): Layer {
  switch (protocol) {
    case "http":
    case "http2":
    case "grpc":
    case "grpc-web":
      return "http";
    case "auto":
      return "auto";
    case "udp":
      return "none";
    case "https":
    case "tls":
    case "tcp":
    case "mongo":
    case "redis":
    case "mysql":
      return "tcp";
  }
}

/** Whether what is carried is TLS, told apart by the server name its first message asks for. */
export function carriesTls(protocol: Protocol): boolean {
  return protocol === "tls" || protocol === "https";
}

/** Whether a port is declared to carry requests, in whatever version of HTTP. */
export function carriesRequests(protocol: Protocol): boolean {
  return layerOf(protocol) === "http";
}

/** Whether a port's programs take HTTP/2 without having been asked; gRPC has no other way. */
export function speaksHttp2(protocol: Protocol): boolean {
  return protocol === "http2" || carriesGrpc(protocol);
}

export function carriesGrpc(protocol: Protocol): boolean {
  return protocol === "grpc" || protocol === "grpc-web";
}
