import type { AgentReport } from "./contract.ts";

/**
 * The seam inside the runtime: a `PodHost` knows namespaces, addresses and mounts; what keeps containers running
 * (order, probes, restarts, hooks, logs) only speaks to it.
 */
export interface PodHost {
  readonly network: "netns" | "loopback";
  /** Makes a pod's home: its address, namespaces and an empty folder for its volumes. Rejects with a Fault a person can read. */
  open(spec: SandboxSpec): Promise<Sandbox>;
  /** Loopback: what the resolver shim of each pod answers (see AgentCommand `names`); nothing in netns. */
  names(hosts: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>): void;
  /** Ends every pod at once and leaves nothing behind. */
  close(): Promise<void>;
}

export interface SandboxSpec {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly hostname: string;
  /** The service account's or user's own ids to run as; absent: the agent's own. */
  readonly hostAliases: readonly { readonly ip: string; readonly hostnames: readonly string[] }[];
}

export interface Sandbox {
  /** The address the mesh knows (10.244.x.y; in loopback 127.p.255.254). */
  readonly podIP: string;
  /** Where connections from it come from and where it is reached. */
  readonly realIP: string;
  readonly hostIP: string;
  /** Where the agent itself reaches a port of the pod: probes connect here. */
  readonly probeAddress: string;
  /** Whether what answers on the port may be the pod's own; absent where nobody else can. */
  mayOwn?(port: number): boolean;
  /** Starts a process in the pod's namespaces. Rejects when it cannot be started (no such program, no such folder). */
  start(process: ProcessSpec): Promise<SandboxProcess>;
  /** Resolves when it is gone, whoever ended it: nothing runs in it any more, and nothing can. */
  readonly ended: Promise<void>;
  /** Ends what still runs in it and takes its namespaces and folders away. */
  close(): Promise<void>;
}

export interface ProcessSpec {
  readonly container: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string | undefined;
  readonly mounts: readonly Mount[];
  /** Chunks as they come; both streams are read to their ends before `exited` resolves (at most 1 s after the exit). */
  output(stream: "stdout" | "stderr", chunk: Buffer): void;
}

/** A folder or file of the agent's machine that stands at `path` inside the container. */
export interface Mount {
  readonly source: string;
  readonly path: string;
  readonly readOnly: boolean;
}

export interface SandboxProcess {
  /** As the agent sees it. */
  readonly pid: number;
  readonly exited: Promise<{ readonly code: number | undefined; readonly signal: NodeJS.Signals | undefined }>;
  /** To the program and whatever it started in the same container. No error when it is gone. */
  signal(signal: NodeJS.Signals): void;
}

export type Report = (report: AgentReport) => void;
