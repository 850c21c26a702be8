// On the path of every request.
import type { Cluster, DestinationService, Endpoint, HttpSeries, WorkloadLabels } from "../config/contract.ts";
import { unknownWorkload } from "../config/workload-labels.ts";
import { Pool, PoolSeries } from "./pool.ts";
import type { Party, Surroundings } from "./surroundings.ts";

export type Reporter = "source" | "destination";

const unknownService: DestinationService = { host: "unknown", name: "unknown", namespace: "unknown" };

/** The counters of exchanges with an endpoint as one side reports them; resolved once for each pool. */
export function seriesOf(
  reporter: Reporter,
  source: WorkloadLabels,
  cluster: Cluster,
  endpoint: Endpoint,
  callee: Party | undefined,
  secured: boolean,
  protocol: "http" | "grpc",
  surroundings: Surroundings,
): HttpSeries {
  const pool = Pool.of(cluster, endpoint, surroundings);
  if (pool.seriesOf !== endpoint.workload) {
    pool.series = new PoolSeries();
    pool.seriesOf = endpoint.workload;
  }
  const ofProtocol = pool.series[protocol][reporter];
  const known = ofProtocol.get(source);
  if (known) return known;
  const made = surroundings.telemetry.http({
    reporter,
    source,
    destination: callee?.labels ?? endpoint.workload,
    service: cluster.destination,
    protocol,
    // As Istio has it: the client's side does not say what the server's side saw.
    security: reporter === "source" ? "unknown" : secured ? "mutual_tls" : "none",
  });
  ofProtocol.set(source, made);
  return made;
}

/** For requests that never met an endpoint. */
export function seriesWithoutEndpoint(
  reporter: Reporter,
  source: WorkloadLabels,
  cluster: Cluster | undefined,
  protocol: "http" | "grpc",
  surroundings: Surroundings,
): HttpSeries {
  return surroundings.telemetry.http({
    reporter,
    source,
    destination: unknownWorkload,
    service: cluster?.destination ?? unknownService,
    protocol,
    security: reporter === "source" ? "unknown" : "none",
  });
}
