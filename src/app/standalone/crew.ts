import { type Log, systemClock } from "../../base/index.ts";
import { type Bootstrap, type BoundPort, type ChosenPorts, freePorts, mergePages } from "../../proxy/index.ts";
import type { PageReply, PageRequest } from "../../proxy/index.ts";
import type { DataPlane } from "./data-plane.ts";
import { Worker } from "./worker.ts";

export interface CrewOptions {
  /** How many processes share the ports. */
  readonly size: number;
  readonly version: string;
  readonly log: Log;
  readonly quit: () => void;
}

/** Milliseconds a process has to end. */
const grace = 2000;

/** Several processes that carry the traffic of one bootstrap and share its ports. This one carries none. */
export class Crew implements DataPlane {
  readonly #workers: readonly Worker[];
  #bound: readonly BoundPort[] = [];
  #bootstrap: Bootstrap | undefined;
  #chosen: ChosenPorts = {};

  constructor({ size, version, log, quit }: CrewOptions) {
    this.#workers = Array.from(
      { length: size },
      (_, index) => new Worker({ name: `proxy worker ${index + 1}`, version, clock: systemClock, log, quit }),
    );
  }

  get bound(): readonly BoundPort[] {
    return this.#bound;
  }

  async serve(bootstrap: Bootstrap): Promise<void> {
    // Processes that share a port would share it with strangers too: whether it is free is seen without sharing.
    const chosen = await freePorts(bootstrap, this.#chosen);
    const before = this.#bootstrap && { bootstrap: this.#bootstrap, chosen: this.#chosen };
    const results = await Promise.allSettled(this.#workers.map((worker) => worker.serve({ bootstrap, chosen })));
    const failed = results.find((result) => result.status === "rejected");
    if (failed) {
      if (before) await Promise.allSettled(this.#workers.map((worker) => worker.serve(before)));
      throw failed.reason;
    }
    this.#bootstrap = bootstrap;
    this.#chosen = chosen;
    this.#bound = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []))[0] ?? [];
  }

  async page(request: PageRequest): Promise<PageReply> {
    const replies = await Promise.all(this.#workers.map((worker) => worker.page(request)));
    return mergePages(
      request.target,
      replies.filter((reply) => reply !== undefined),
    );
  }

  async drain(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.drain()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop(grace)));
  }
}
