import { names, socketAddress } from "../config/honoured-parts.ts";
import { clusterShape, listenerShape } from "../config/honoured.ts";
import { anything, list, message, noEffect, only, refused, text } from "../config/shape.ts";
import { secretShape } from "../config/transport-socket-shape.ts";

const logged = noEffect("requests to the admin pages are not logged");
const noManagement = refused("no management server is asked; write everything into static_resources");
const noRuntime = refused("there is no runtime layer; take it out, and write what it says where it belongs");
const toldOnly = noEffect("only management servers are told");
const ownDeath = noEffect("a process that dies is replaced where there are several; nothing else watches it");

/** What of a bootstrap this proxy honours. */
export const bootstrapShape = message({
  node: message({
    id: text,
    cluster: text,
    metadata: anything,
    locality: message({ region: text, zone: text, sub_zone: text }),
    user_agent_name: toldOnly,
    user_agent_version: toldOnly,
    user_agent_build_version: toldOnly,
    extensions: toldOnly,
    client_features: toldOnly,
  }),
  static_resources: message({
    listeners: list(listenerShape),
    clusters: list(clusterShape),
    secrets: list(secretShape),
  }),
  admin: message({
    address: socketAddress,
    access_log: logged,
    access_log_path: logged,
    profile_path: noEffect("there is no profiler on the admin pages"),
    ignore_global_conn_limit: noEffect("there is no limit over all listeners"),
  }),
  layered_runtime: message({
    layers: list(
      message({
        name: names,
        admin_layer: noEffect("nothing is read from it"),
        static_layer: noRuntime,
        disk_layer: noRuntime,
        rtds_layer: noManagement,
      }),
    ),
  }),
  stats_flush_interval: noEffect("metrics are read when they are asked for"),
  stats_config: noEffect("metrics have Istio's names and labels"),
  stats_sinks: list(refused("metrics are read from the admin pages: /stats/prometheus")),
  enable_dispatcher_stats: noEffect("metrics are Istio's"),
  header_prefix: only(["x-envoy"], "headers of the proxy's own begin with x-envoy"),
  watchdog: ownDeath,
  watchdogs: ownDeath,
  dynamic_resources: noManagement,
  hds_config: noManagement,
  overload_manager: refused("there is no overload manager; circuit_breakers of clusters and limits of listeners hold"),
  tracing: refused("there are no traces yet"),
});
