import { type Clock, explain, Lifetime, type Log } from "../base/index.ts";
import { bootstrap, createApi, kubeconfig, localClient, serveApi } from "../api/index.ts";
import { EventRecorder, Kubelet, startEndpointController, startWorkloadControllers, World } from "../control/index.ts";
import { issueServerCertificate } from "../identity/index.ts";
import { kinds } from "../model/index.ts";
import { type AgentCommand, keepLogsOf, readLogs } from "../runtime/index.ts";
import { ApiFault, type Client, type Store } from "../store/index.ts";
import { publishApi } from "./cluster-objects.ts";
import { type DataDir, writePrivate } from "./data-dir.ts";
import { isMissingLog, orderMaker } from "./orders.ts";
import { type MeshSecrets, meshSecrets } from "./secrets.ts";
import { apiAddress } from "./settings.ts";

export interface ControlPlaneOptions {
  readonly dir: DataDir;
  /** Stays open when the control plane ends. */
  readonly store: Store;
  readonly network: "netns" | "loopback";
  readonly apiPort: number;
  readonly logDir: string;
  readonly clock: Clock;
  readonly log: Log;
  /** To the node agent. */
  send(command: AgentCommand): void;
  /** Addresses of pods have changed. */
  addressesChanged(): void;
  /** Whether callers may still be led to the pod with this address. */
  isCalled(podIP: string): boolean;
  /** What `weft status` shows. */
  status(): Promise<unknown>;
}

/** The API and everything behind it: store, controllers, the kubelet's half. */
export interface ControlPlane {
  readonly client: Client;
  readonly world: World;
  readonly kubelet: Kubelet;
  readonly secrets: MeshSecrets;
  readonly url: string;
  /** Ends the controllers: pods that stop from now on are not replaced. */
  freeze(): void;
  close(): Promise<void>;
}

export const statusPath = "/weft/v1/status";

/** Serves the API and starts the controllers. Leaves nothing behind when it fails. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { dir, store, network, clock, log } = options;
  const lifetime = new Lifetime();
  try {
    const secrets = meshSecrets(dir);
    const api = createApi({ store, clock });
    await bootstrap(api);
    const client = localClient(api);
    const server = await serveApi(api, {
      port: options.apiPort,
      tls: issueServerCertificate(secrets.ca, serverNames),
      token: secrets.token,
      log,
      logs: (request) => logsOf(options, request),
      pages: { [statusPath]: () => options.status() },
    });
    lifetime.own(() => server.close());
    await publishApi(client, server.port, network === "netns" ? 443 : server.port);
    writePrivate(
      dir.kubeconfig,
      kubeconfig({ server: server.url, caPem: secrets.ca.certificate, token: secrets.token }),
    );
    const pods = await client.list(kinds.Pod);
    await keepLogsOf(options.logDir, new Set(pods.items.map(({ metadata }) => metadata.uid ?? "")));
    const world = new World({ client, clock, log });
    lifetime.own(() => world.close());
    const controllers = startWorkloadControllers(world, { caPem: secrets.ca.certificate });
    const endpoints = startEndpointController(world);
    const kubelet = new Kubelet({
      world,
      events: new EventRecorder(world, "kubelet"),
      send: (command) => options.send(command),
      resolve: orderMaker({ world, network, secrets, clock }),
      isCalled: ({ status }) => options.isCalled(status?.podIP ?? ""),
      onAddresses: () => options.addressesChanged(),
    });
    const freeze = () => {
      kubelet.close();
      endpoints.close();
      controllers.close();
    };
    lifetime.own(freeze);
    return { client, world, kubelet, secrets, url: server.url, freeze, close: () => lifetime.close() };
  } catch (error) {
    await lifetime.close().catch((another: unknown) => log.error("could not end cleanly", { error: explain(another) }));
    throw error;
  }
}

const serverNames = {
  names: [
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "host.weft.internal",
  ],
  addresses: ["127.0.0.1", apiAddress],
};

async function* logsOf(
  { logDir, clock }: ControlPlaneOptions,
  request: Parameters<typeof readLogs>[1],
): AsyncGenerator<Uint8Array> {
  try {
    yield* readLogs({ logDir, clock }, request);
  } catch (error) {
    throw isMissingLog(error) ? new ApiFault(400, "BadRequest", explain(error)) : error;
  }
}
