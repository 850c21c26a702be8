import type { Bootstrap, BootstrapFault, BoundPort } from "../../proxy/index.ts";

export interface StandaloneOptions {
  /** The file the bootstrap was read from, for what is said about it. */
  readonly file: string;
  /** Checked. */
  readonly bootstrap: Bootstrap;
  readonly version: string;
}

/** Where a proxy listens. */
export interface StandalonePorts {
  readonly listeners: readonly BoundPort[];
  readonly admin: BoundPort | undefined;
}

export interface StandaloneProxy {
  readonly ports: StandalonePorts;
  /** Resolves when the admin pages ask for the end. */
  readonly quit: Promise<void>;
  /** Takes no new connections, and tells clients that their next answer is the last on its connection. */
  drain(): void;
  close(): Promise<void>;
}

/** Reads and checks a bootstrap, opening nothing. */
export type ReadBootstrap = (
  text: string,
  file: string,
) => Promise<{ readonly bootstrap: Bootstrap; readonly faults: readonly BootstrapFault[] }>;

/** Serves it in this process. A Fault says which port cannot be bound. */
export type RunStandalone = (options: StandaloneOptions) => Promise<StandaloneProxy>;
