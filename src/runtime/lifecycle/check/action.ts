import type { Clock } from "../../../base/index.ts";
import type { ContainerPort, LifecycleHook, Probe } from "../../../model/index.ts";

/** What a probe or a hook does: exactly one of these is there. */
export type Action = Pick<Probe, "exec" | "httpGet" | "tcpSocket" | "grpc"> & Pick<LifecycleHook, "sleep">;

/** `message` says why it failed, or what an exec printed. */
export interface Outcome {
  readonly ok: boolean;
  readonly message: string;
}

/** Where actions of one container are done. */
export interface Place {
  readonly clock: Clock;
  /** As people know the pod: what messages and Host headers say. */
  readonly podIP: string;
  /** Where the agent reaches the pod's ports. */
  readonly address: string;
  readonly ports: readonly ContainerPort[];
  /** Whether what answers on the port may be the pod's own. */
  mayOwn?(port: number): boolean;
  /** Runs a program in the container; ends it after `limit` milliseconds. */
  exec(argv: readonly string[], limit: number, signal: AbortSignal): Promise<Outcome>;
}

/** What a network check goes to. */
export interface Target {
  readonly clock: Clock;
  readonly address: string;
  /** As messages and Host headers name it. */
  readonly name: string;
  readonly port: number;
  /** Milliseconds. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

export const failed = (message: string): Outcome => ({ ok: false, message });
export const passed = (message = ""): Outcome => ({ ok: true, message });
