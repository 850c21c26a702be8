/** What a port speaks, as declared; `auto` is found out from the first bytes. */
export type Protocol =
  | "http"
  | "http2"
  | "grpc"
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
  "grpc-web": "http",
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

/** The protocol of a Service's port: `appProtocol` before the name's prefix before what the number tells. */
export function protocolOf(port: {
  readonly name?: string | undefined;
  readonly port: number;
  readonly protocol?: string | undefined;
  readonly appProtocol?: string | undefined;
}): Protocol {
  if (port.protocol?.toUpperCase() === "UDP") return "udp";
  const declared = port.appProtocol?.toLowerCase();
  if (declared !== undefined) {
    const known = byAppProtocol[declared] ?? byName[declared];
    if (known !== undefined) return known;
  }
  const name = port.name?.toLowerCase() ?? "";
  const prefix = name.startsWith("grpc-web") ? "grpc-web" : (name.split("-", 1)[0] ?? "");
  return byName[prefix] ?? (serverFirst.has(port.port) ? "tcp" : "auto");
}

/** The protocol a Gateway or ServiceEntry names in capitals. */
export function namedProtocol(name: string | undefined): Protocol {
  return byName[name?.toLowerCase() ?? ""] ?? "auto";
}

/** HTTP/2 is carried as bytes as long as the data plane does not read it. */
export function layerOf(protocol: Protocol): Layer {
  switch (protocol) {
    case "http":
      return "http";
    case "auto":
      return "auto";
    case "udp":
      return "none";
    case "http2":
    case "grpc":
    case "https":
    case "tls":
    case "tcp":
    case "mongo":
    case "redis":
    case "mysql":
      return "tcp";
  }
}
