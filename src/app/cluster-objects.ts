import { type EndpointSlice, kinds, type Service } from "../model/index.ts";
import { codeOf } from "../base/index.ts";
import type { Client } from "../store/index.ts";
import { hostAddress } from "./outside.ts";
import { apiAddress } from "./settings.ts";

/** The service `kubernetes`, by which pods reach the API: it leads to the machine itself. */
export async function publishApi(client: Client, apiPort: number, servicePort: number): Promise<void> {
  const labels = { component: "apiserver", provider: "kubernetes" };
  const metadata = { name: "kubernetes", namespace: "default" };
  const service: Service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...metadata, labels },
    spec: {
      clusterIP: apiAddress,
      ports: [{ name: "https", port: servicePort, targetPort: apiPort, protocol: "TCP" }],
    },
  };
  const slice: EndpointSlice = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { ...metadata, labels: { "kubernetes.io/service-name": "kubernetes" } },
    addressType: "IPv4",
    endpoints: [{ addresses: [hostAddress], conditions: { ready: true } }],
    ports: [{ name: "https", port: apiPort, protocol: "TCP" }],
  };
  await put(client, kinds.Service, service);
  await put(client, kinds.EndpointSlice, slice);
}

async function put<T extends Service | EndpointSlice>(
  client: Client,
  kind: Parameters<typeof client.create<T>>[0],
  object: T,
): Promise<void> {
  try {
    await client.create(kind, object);
  } catch (error) {
    if (codeOf(error) !== "AlreadyExists") throw error;
    await client.replace(kind, object);
  }
}
