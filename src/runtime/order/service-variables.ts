import type { Service } from "../../model/index.ts";
import type { OrderInput } from "./input.ts";

/** The API server's service, for meshes where nobody has written it down. */
const apiService: Service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "kubernetes", namespace: "default" },
  spec: { clusterIP: "10.96.0.1", ports: [{ name: "https", port: 443, protocol: "TCP" }] },
};

/**
 * The variables every container gets for the services of its namespace (Kubernetes' own and Docker's links),
 * and always for the API server.
 */
export function serviceVariables({ pod, namespaceObjects, serviceAddress }: OrderInput): Record<string, string> {
  const isApi = ({ metadata }: Service) => metadata.name === "kubernetes" && metadata.namespace === "default";
  const { services } = namespaceObjects;
  const own = services.filter(({ metadata }) => metadata.namespace === pod.metadata.namespace);
  const api = services.find(isApi) ?? apiService;
  const linked = pod.spec.enableServiceLinks === false ? [] : own;
  // The API server's come last: a service that happens to be called `kubernetes` elsewhere must not hide it.
  const variables: Record<string, string> = {};
  for (const service of [...linked, api]) Object.assign(variables, variablesOf(service, serviceAddress));
  return variables;
}

function variablesOf(service: Service, addressOf: OrderInput["serviceAddress"]): Record<string, string> {
  const { clusterIP, ports = [] } = service.spec ?? {};
  const [first] = ports;
  if (!clusterIP || clusterIP === "None" || !first) return {};
  const address = addressOf(service);
  const prefix = upper(service.metadata.name ?? "");
  const variables: Record<string, string> = {
    [`${prefix}_SERVICE_HOST`]: address,
    [`${prefix}_SERVICE_PORT`]: String(first.port),
    [`${prefix}_PORT`]: `${transport(first).toLowerCase()}://${address}:${first.port}`,
  };
  for (const port of ports) {
    if (port.name) variables[`${prefix}_SERVICE_PORT_${upper(port.name)}`] = String(port.port);
    const protocol = transport(port);
    const link = `${prefix}_PORT_${port.port}_${protocol}`;
    variables[link] = `${protocol.toLowerCase()}://${address}:${port.port}`;
    variables[`${link}_PROTO`] = protocol.toLowerCase();
    variables[`${link}_PORT`] = String(port.port);
    variables[`${link}_ADDR`] = address;
  }
  return variables;
}

function transport({ protocol = "TCP" }: { protocol?: string }): string {
  return protocol;
}

function upper(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}
