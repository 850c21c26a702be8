import type { Bootstrap, BootstrapFault, BoundPort } from "../../proxy/index.ts";

export interface StandaloneOptions {
  /** Checked. */
  readonly bootstrap: Bootstrap;
  readonly version: string;
  /** How many processes carry the traffic; 1: this one. */
  readonly concurrency: number;
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
  /** Puts another bootstrap in force. A Fault says why it cannot be; then nothing has changed. */
  reload(bootstrap: Bootstrap): Promise<void>;
  /** Takes no new connections, and tells clients that their next answer is the last; resolves when all have gone. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** Reads and checks a bootstrap, opening nothing. */
export type ReadBootstrap = (
  text: string,
  file: string,
) => Promise<{ readonly bootstrap: Bootstrap; readonly faults: readonly BootstrapFault[] }>;

/** Serves it. A Fault says which port cannot be bound; then nothing was left open. */
export type RunStandalone = (options: StandaloneOptions) => Promise<StandaloneProxy>;
