import type { Chance, Clock, Timer } from "../../base/index.ts";
import type { ProxiedEnds } from "../../wire/index.ts";
import type { HttpChain, Telemetry, WorkloadConfig, WorkloadLabels } from "../config/contract.ts";
import type { Connector } from "../net/connector.ts";
import type { Ticker } from "../net/ticker.ts";
import type { TlsFacts } from "../tls/facts.ts";

/** A workload this process serves. */
export interface Party {
  readonly config: WorkloadConfig;
  readonly labels: WorkloadLabels;
  /** Has an identity: both its ends of a connection are the mesh's. */
  readonly meshed: boolean;
  readonly gateway: boolean;
}

/** What every connection of the process shares. */
export interface Surroundings {
  readonly ticker: Ticker;
  readonly chance: Chance;
  readonly telemetry: Telemetry;
  readonly connector: Connector;
  readonly sweeper: Sweeper;
  /** The workload behind an address of the mesh, when this process serves it. */
  readonly party: (address: string) => Party | undefined;
}

/** Where requests come from, and whose rules they meet first. The same for every request of a connection. */
export interface Origin {
  readonly owner: Party;
  readonly chain: HttpChain;
  readonly direction: "inbound" | "outbound" | "gateway";
  /** Inbound: the caller, as far as it is known. */
  readonly peer: WorkloadLabels;
  /** Inbound, from a caller of the mesh: what the application is told of it. */
  readonly clientCertificate: string | undefined;
  /** What the handshake of the client's connection showed; undefined: it is plain. */
  readonly tls: TlsFacts | undefined;
  /** `address:port` of the client, and the address alone. */
  readonly remote: string;
  readonly remoteAddress: string;
  /** `address:port` the client connected to. */
  readonly local: string;
  /** The same, as a PROXY header names them. */
  readonly ends: ProxiedEnds;
  readonly destination: { readonly address: string; readonly port: number };
}

/** Something with time limits of seconds: looked at once a second. */
export interface Swept {
  sweep(now: number): void;
}

/** Milliseconds between two looks. */
const interval = 1000;

/** Looks after what has been idle for long, without a timer for each. */
export class Sweeper {
  readonly #swept = new Set<Swept>();
  readonly #clock: Clock;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(entry: Swept): void {
    this.#swept.add(entry);
    this.#timer ??= this.#clock.after(interval, () => this.#tick());
  }

  remove(entry: Swept): void {
    this.#swept.delete(entry);
    if (this.#swept.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #tick(): void {
    this.#timer = this.#clock.after(interval, () => this.#tick());
    this.sweep();
  }

  /** Looks at everything now. */
  sweep(): void {
    const now = this.#clock.monotonic();
    for (const entry of this.#swept) entry.sweep(now);
  }
}
