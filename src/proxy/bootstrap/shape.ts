import { socketAddress } from "../config/honoured-parts.ts";
import { clusterShape, listenerShape } from "../config/honoured.ts";
import { secretShape } from "../config/transport-socket-shape.ts";
import { anything, list, message, noEffect, text } from "../config/shape.ts";

/** What of a bootstrap this proxy honours. */
export const bootstrapShape = message({
  node: message({
    id: text,
    cluster: text,
    metadata: anything,
    locality: message({ region: text, zone: text, sub_zone: text }),
  }),
  static_resources: message({
    listeners: list(listenerShape),
    clusters: list(clusterShape),
    secrets: list(secretShape),
  }),
  admin: message({
    address: socketAddress,
    access_log: noEffect("requests to the admin pages are not logged"),
    access_log_path: noEffect("requests to the admin pages are not logged"),
    profile_path: noEffect("there is no profiler on the admin pages"),
  }),
  stats_flush_interval: noEffect("metrics are read when they are asked for"),
});
