/** The system's words for its codes, as Envoy's log has them. */
const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Connection_refused",
  ECONNRESET: "Connection_reset_by_peer",
  EHOSTUNREACH: "No_route_to_host",
  ENETUNREACH: "Network_is_unreachable",
  ETIMEDOUT: "Connection_timed_out",
};

/** Why no connection came about, as Envoy's log says it; empty where only time ran out, which is no failure of the transport. */
export function transportFailure(reason: string): string {
  if (reason.startsWith("TLS_error")) return reason.replaceAll(" ", "_");
  const code = /\bE[A-Z]+\b/.exec(reason)?.[0];
  return code === undefined ? "" : `delayed_connect_error:_${words[code] ?? code}`;
}
