import type { ConfigMap, ImageCatalog, Pod, Secret, Service, ServiceAccount } from "../../model/index.ts";

/** Whose token, for whom. */
export interface TokenRequest {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly serviceAccountUid: string;
  readonly audiences?: readonly string[];
  /** Seconds. */
  readonly lifetime?: number;
  readonly pod?: { readonly name: string; readonly uid: string };
}

export interface OrderInput {
  readonly pod: Pod;
  /** What the pod may refer to. Services may be those of all namespaces. */
  readonly namespaceObjects: {
    readonly configMaps: readonly ConfigMap[];
    readonly secrets: readonly Secret[];
    readonly services: readonly Service[];
    /** The pod's own; absent while nobody has made it. */
    readonly serviceAccount?: ServiceAccount | undefined;
  };
  readonly catalogs: readonly ImageCatalog[];
  readonly nodeName: string;
  readonly nodeIP: string;
  /** Absent until the sandbox is open; `podIPPlaceholder` stands for it then. */
  readonly podIP?: string | undefined;
  /** A signed token. Called once for each file that holds one, whenever an order is made. */
  readonly token: (request: TokenRequest) => Promise<string> | string;
  /** The mesh's root certificate as PEM. */
  readonly caBundle: string;
  /** What a pod of this network dials to reach the service; may hold `podNumberPlaceholder`. */
  readonly serviceAddress: (service: Service) => string;
  /** In `loopback` programs are told their first port by PORT. */
  readonly network?: "netns" | "loopback";
  /** What an image would bring along; a standard PATH and HOME unless given. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What a container without limits may use: cores and bytes. */
  readonly capacity?: { readonly cpu: number; readonly memory: number };
}
