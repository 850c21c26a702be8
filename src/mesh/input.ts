import type {
  KubeObject,
  DestinationRule,
  EndpointSlice,
  Gateway,
  Namespace,
  Pod,
  Service,
  ServiceEntry,
  VirtualService,
} from "../model/index.ts";

/** All the mesh is resolved from. An object that is the same (by identity) as before is unchanged. */
export interface MeshInput {
  readonly settings: MeshSettings;
  readonly namespaces: readonly Namespace[];
  readonly services: readonly Service[];
  readonly endpointSlices: readonly EndpointSlice[];
  readonly pods: readonly Pod[];
  readonly virtualServices: readonly VirtualService[];
  readonly destinationRules: readonly DestinationRule[];
  readonly gateways: readonly Gateway[];
  readonly serviceEntries: readonly ServiceEntry[];
}

/** The mesh-wide settings, named as Istio's MeshConfig names them. */
export interface MeshSettings {
  readonly rootNamespace: string;
  readonly outboundTrafficPolicy: "ALLOW_ANY" | "REGISTRY_ONLY";
  /** Whether requests go to endpoints over HTTP/2 where no DestinationRule says otherwise. */
  readonly h2UpgradePolicy: "DO_NOT_UPGRADE" | "UPGRADE";
  /** Empty: no access log. */
  readonly accessLogFile: string;
  readonly meshId: string;
  readonly clusterId: string;
  readonly trustDomain: string;
  readonly gatewayTopology: GatewayTopology;
  /** The gateway proxies that run; a Gateway's selector is held against their labels. */
  readonly gatewayWorkloads: readonly GatewayWorkload[];
}

/** What stands before the gateways. */
export interface GatewayTopology {
  /** How many proxies append to `x-forwarded-for` and may be believed. */
  readonly numTrustedProxies: number;
  /** Every connection begins with a PROXY header. */
  readonly proxyProtocol: boolean;
}

/** A proxy at the edge of the mesh. */
export interface GatewayWorkload {
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly address: string;
}

/** Istio's defaults, and the gateway its samples select. */
export const defaultSettings: MeshSettings = {
  rootNamespace: "istio-system",
  outboundTrafficPolicy: "ALLOW_ANY",
  h2UpgradePolicy: "DO_NOT_UPGRADE",
  accessLogFile: "",
  meshId: "cluster.local",
  clusterId: "Kubernetes",
  trustDomain: "cluster.local",
  gatewayTopology: { numTrustedProxies: 0, proxyProtocol: false },
  gatewayWorkloads: [
    {
      name: "istio-ingressgateway",
      namespace: "istio-system",
      serviceAccount: "istio-ingressgateway-service-account",
      labels: {
        app: "istio-ingressgateway",
        istio: "ingressgateway",
        "service.istio.io/canonical-name": "istio-ingressgateway",
      },
      address: "127.0.0.1",
    },
  ],
};

/** Nothing in it yet. */
export const emptyInput: MeshInput = {
  settings: defaultSettings,
  namespaces: [],
  services: [],
  endpointSlices: [],
  pods: [],
  virtualServices: [],
  destinationRules: [],
  gateways: [],
  serviceEntries: [],
};

/** Sorts objects of many kinds into an input; what the mesh has no use for is left out. */
export function inputFrom(objects: readonly KubeObject[], settings: MeshSettings = defaultSettings): MeshInput {
  const all = (kind: string): readonly unknown[] => objects.filter((object) => object.kind === kind);
  // An object's kind says which type it is; it was validated before it came here.
  return {
    settings,
    namespaces: all("Namespace") as readonly Namespace[],
    services: all("Service") as readonly Service[],
    endpointSlices: all("EndpointSlice") as readonly EndpointSlice[],
    pods: all("Pod") as readonly Pod[],
    virtualServices: all("VirtualService") as readonly VirtualService[],
    destinationRules: all("DestinationRule") as readonly DestinationRule[],
    gateways: all("Gateway") as readonly Gateway[],
    serviceEntries: all("ServiceEntry") as readonly ServiceEntry[],
  };
}
