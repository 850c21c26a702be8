import { codeOf } from "../base/index.ts";
import { type Event, kinds } from "../model/index.ts";
import { ControlLoop } from "./loop.ts";
import type { Controller, World } from "./world.ts";

/** As in Kubernetes: an event is remembered for an hour. */
const lifetime = 3_600_000;
const interval = 300_000;

/** Forgets events that are old. */
export class EventExpiry implements Controller {
  readonly #world: World;
  readonly #loop: ControlLoop;

  constructor(world: World) {
    this.#world = world;
    this.#loop = new ControlLoop({ name: "event-expiry", world, reconcile: () => this.#expire() });
    this.#loop.enqueue("events");
  }

  idle(): Promise<void> {
    return this.#loop.idle();
  }

  close(): void {
    this.#loop.close();
  }

  async #expire(): Promise<void> {
    const { client, clock } = this.#world;
    const { items } = await client.list(kinds.Event);
    for (const event of items.filter((event) => lastSeen(event) < clock.now() - lifetime)) {
      const { namespace, name = "" } = event.metadata;
      await client.delete(kinds.Event, { namespace, name }).catch((error: unknown) => {
        if (codeOf(error) !== "NotFound") throw error;
      });
    }
    this.#loop.enqueueAfter("events", interval);
  }
}

function lastSeen({ metadata, lastTimestamp, eventTime, series }: Event): number {
  return Date.parse(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? "") || 0;
}
