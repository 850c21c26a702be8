import { carriesRequests, speaksHttp2, type MeshSettings, type PortPolicy, type Protocol } from "../mesh/index.ts";
import { filterTypes, type Cluster, type HttpProtocolOptions } from "../xds/index.ts";
import { envoyDuration } from "./duration.ts";

/** From where a port is called: another workload, the workload's own side, or the edge. */
export type Caller = "sidecar" | "inbound" | "gateway";

type Options = Pick<Cluster, "typed_extension_protocol_options">;

const extension = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/** What is spoken with the endpoints of a port, and how long and how often a connection is used. */
export function protocolOptions(
  protocol: Protocol,
  policy: PortPolicy,
  settings: MeshSettings,
  caller: Caller,
): Options {
  const { tcp, http } = policy.connectionPool ?? {};
  const idle = envoyDuration(http?.idleTimeout ?? tcp?.idleTimeout);
  const most = http?.maxRequestsPerConnection ?? 0;
  const common = {
    ...(idle === undefined ? {} : { idle_timeout: idle }),
    ...(most === 0 ? {} : { max_requests_per_connection: most }),
  };
  const bare = Object.keys(common).length === 0;
  const spoken = spokenWith(protocol, policy, settings, caller);
  if (bare && spoken === "http1") return {};
  return options({
    ...(bare ? {} : { common_http_protocol_options: common }),
    ...(spoken === "downstream" ? asClient : explicit(spoken, http?.maxConcurrentStreams)),
  });
}

const asClient = { use_downstream_protocol_config: { http_protocol_options: {}, http2_protocol_options: {} } };

/** Where nobody says what is spoken, it is what the client speaks; a connection idle for five minutes is closed. */
export const originalProtocol: Options = options({
  common_http_protocol_options: { idle_timeout: "300s" },
  ...asClient,
});

function explicit(spoken: "http1" | "http2", streams = 0): HttpProtocolOptions {
  if (spoken === "http1") return { explicit_http_config: { http_protocol_options: {} } };
  const http2 = streams === 0 ? {} : { max_concurrent_streams: streams };
  return { explicit_http_config: { http2_protocol_options: http2 } };
}

function options(message: HttpProtocolOptions): Options {
  const typed = { "@type": filterTypes.httpProtocolOptions, ...message };
  return { typed_extension_protocol_options: { [extension]: typed } };
}

/**
 * A rule's own word counts before the mesh's, and both before what the port is declared to speak. At the edge a port
 * that declares nothing gets HTTP/1.1: clients there speak HTTP/2 without having asked what stands behind.
 */
function spokenWith(
  protocol: Protocol,
  policy: PortPolicy,
  settings: MeshSettings,
  caller: Caller,
): "http1" | "http2" | "downstream" {
  const { h2UpgradePolicy = "DEFAULT", useClientProtocol = false } = policy.connectionPool?.http ?? {};
  if (useClientProtocol) return "downstream";
  const declared = speaksHttp2(protocol)
    ? "http2"
    : protocol === "auto" && caller !== "gateway"
      ? "downstream"
      : "http1";
  // An upgrade is for the way to the endpoint's own side; what its program speaks is the port's word.
  if (caller === "inbound" || h2UpgradePolicy === "DO_NOT_UPGRADE") return declared;
  if (h2UpgradePolicy === "UPGRADE") return "http2";
  return settings.h2UpgradePolicy === "UPGRADE" && carriesRequests(protocol) ? "http2" : declared;
}
