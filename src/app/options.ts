import type { KubeObject } from "../model/index.ts";

export interface UpOptions {
  /** What to run, already read and checked. */
  readonly objects: readonly KubeObject[];
  readonly dataDir: string;
  readonly network: "auto" | "netns" | "loopback";
  readonly apiPort: number;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Milliseconds until workloads that are not ready are reported instead of waited for. */
  readonly patience: number;
}

/** One thing under way; the same `id` again replaces what was said before. */
export interface ProgressLine {
  readonly id: string;
  readonly label: string;
  readonly state: "working" | "done" | "failed";
  readonly detail?: string;
}

export type Progress = (line: ProgressLine) => void;

/** What runs now, for people and for `-o json`. */
export interface Summary {
  readonly ready: boolean;
  readonly network: "netns" | "loopback";
  readonly dataDir: string;
  readonly api: string;
  readonly kubeconfig: string;
  readonly metrics: string;
  readonly admin: string;
  readonly workloads: readonly WorkloadSummary[];
  readonly routes: readonly RouteSummary[];
  readonly proxy: { readonly pid: number | undefined; readonly nodes: number; readonly refused: readonly string[] };
  /** Sentences a person should read: what has no effect, ports that moved, proxies that refused something. */
  readonly notes: readonly string[];
}

export interface WorkloadSummary {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly ready: number;
  readonly desired: number;
  /** Why it is not ready, a sentence each. */
  readonly reasons: readonly string[];
}

export interface RouteSummary {
  readonly url: string;
  readonly hosts: readonly string[];
  readonly gateway: string;
}

/** A mesh this process runs. */
export interface RunningMesh {
  summary(): Promise<Summary>;
  /** Resolves when it has ended; rejects with what ended it when nobody asked for that. */
  readonly closed: Promise<void>;
  /** Ends everything, in order. */
  close(): Promise<void>;
}

/** Starts a mesh; resolves when all is ready or patience has run out. When the signal aborts before that, it ends what it started and rejects. */
export type RunUp = (options: UpOptions, progress: Progress, signal: AbortSignal) => Promise<RunningMesh>;

/** What the mesh of a data directory says about itself. */
export type ReadStatus = (dataDir: string) => Promise<Summary>;

/** Ends the mesh of a data directory; false when none runs. */
export type TakeDown = (dataDir: string, progress: Progress) => Promise<boolean>;
