import type { KubeObject as Pod } from "../model/index.ts";

/**
 * What the node agent is told and what it reports. The agent has no API access: everything a pod needs
 * (files of its volumes, values of its variables) is in its order, so one message stream drives it.
 */
export type AgentCommand =
  | {
      readonly kind: "pods";
      /** The whole desired set; what is absent is stopped gracefully. */ readonly orders: readonly PodOrder[];
    }
  | {
      readonly kind: "names";
      /** Loopback pods: what the resolver shim of each pod answers. */ readonly hosts: Readonly<
        Record<string, Readonly<Record<string, readonly string[]>>>
      >;
    }
  /** The mesh carries what these pods (`namespace/name`) send: their programs may start. */
  | { readonly kind: "served"; readonly pods: readonly string[] }
  | { readonly kind: "stop" };

export type AgentReport =
  | { readonly kind: "ready"; readonly network: "netns" | "loopback" }
  | { readonly kind: "pod"; readonly uid: string; readonly status: PodReport }
  | { readonly kind: "removed"; readonly uid: string }
  | {
      readonly kind: "event";
      readonly uid: string;
      readonly type: "Normal" | "Warning";
      readonly reason: string;
      readonly message: string;
    }
  | { readonly kind: "failed"; readonly message: string; readonly remedy?: string };

export interface PodOrder {
  readonly pod: Pod;
  readonly containers: readonly ContainerOrder[];
  readonly initContainers: readonly ContainerOrder[];
  /** By volume name. */
  readonly volumes: Readonly<Record<string, VolumeOrder>>;
  /** Seconds; set once the pod is being deleted. */
  readonly deleting?: { readonly graceSeconds: number };
  /** Why the pod cannot start yet, when a reference is missing: container name → {reason, message}; the agent reports it as waiting. */
  readonly blocked?: { readonly reason: string; readonly message: string };
}

export interface ContainerOrder {
  readonly name: string;
  /** argv after `command`/`args` and the image catalog; never run through a shell. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  /** Why argv could not be made (unknown image, …): reported as waiting with this reason. */
  readonly blocked?: { readonly reason: string; readonly message: string };
}

export type VolumeOrder =
  | { readonly kind: "files"; readonly files: readonly FileOrder[] }
  | { readonly kind: "empty" }
  | { readonly kind: "host"; readonly path: string };

export interface FileOrder {
  /** Relative to the mount point. */
  readonly path: string;
  readonly contentBase64: string;
  readonly mode: number;
}

/** The part of PodStatus the agent knows; `control` writes it to the API. */
export interface PodReport {
  readonly phase: "Pending" | "Running" | "Succeeded" | "Failed";
  readonly podIP?: string;
  readonly hostIP?: string;
  /** Where connections from this pod come from, and where it is connected to: differs from podIP in `netns`. */
  readonly realIP?: string;
  readonly startTime?: string;
  readonly ready: boolean;
  readonly initialized: boolean;
  readonly reason?: string;
  readonly message?: string;
  /** Kubernetes ContainerStatus objects. */
  readonly containerStatuses: readonly Record<string, unknown>[];
  readonly initContainerStatuses: readonly Record<string, unknown>[];
}
