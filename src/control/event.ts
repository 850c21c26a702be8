import { createHash } from "node:crypto";
import { codeOf, explain } from "../base/index.ts";
import { type Event, kinds, type KubeObject } from "../model/index.ts";
import type { World } from "./world.ts";

export type EventType = "Normal" | "Warning";

/** How many different happenings are remembered, so that they can be counted up. */
const memory = 4096;

interface Happening {
  readonly name: string;
  count: number;
  /** The last write of it: two of the same follow each other. */
  written: Promise<void>;
}

/** Writes down what happened to objects, as core/v1 Events. The same thing happening again counts up one Event. Never throws. */
export class EventRecorder {
  readonly #world: World;
  readonly #component: string;
  readonly #happenings = new Map<string, Happening>();
  readonly #writing = new Set<Promise<void>>();
  #sequence = 0;

  /** `component` is what `kubectl describe` shows under From. */
  constructor(world: World, component: string) {
    this.#world = world;
    this.#component = component;
  }

  /** `fieldPath` names a part of the object: `spec.containers{web}`. */
  event(
    object: Pick<KubeObject, "apiVersion" | "kind" | "metadata">,
    type: EventType,
    reason: string,
    message: string,
    fieldPath?: string,
  ): void {
    const { name = "", namespace, uid = "", resourceVersion } = object.metadata;
    const happening = this.#happening(name, [object.kind, uid, fieldPath, type, reason, message].join("\0"));
    happening.count += 1;
    const event = this.#draft(type, reason, message);
    event.count = happening.count;
    event.metadata = { name: happening.name, namespace: namespace ?? "default" };
    event.involvedObject = {
      apiVersion: object.apiVersion,
      kind: object.kind,
      name,
      uid,
      ...(namespace !== undefined && { namespace }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(fieldPath !== undefined && { fieldPath }),
    };
    const written = happening.written
      .then(() => this.#write(event))
      .catch((error: unknown) => this.#world.log.debug("an event was lost", { reason, error: explain(error) }))
      .finally(() => this.#writing.delete(written));
    happening.written = written;
    this.#writing.add(written);
  }

  /** Resolves when everything recorded so far is written or lost. */
  async settled(): Promise<void> {
    await Promise.all(this.#writing);
  }

  #happening(object: string, same: string): Happening {
    const known = this.#happenings.get(same);
    const happening = known ?? { name: this.#name(object, same), count: 0, written: Promise.resolve() };
    // Moved to the end: what has not happened for longest is forgotten first.
    this.#happenings.delete(same);
    this.#happenings.set(same, happening);
    for (const oldest of this.#happenings.keys()) {
      if (this.#happenings.size <= memory) break;
      this.#happenings.delete(oldest);
    }
    return happening;
  }

  /** Names in the order of time, for that is the order in which they are listed; what follows the time tells recorders apart. */
  #name(object: string, same: string): string {
    this.#sequence = (this.#sequence + 1) % 0x1000;
    const time = this.#world.clock.now().toString(16).padStart(11, "0") + this.#sequence.toString(16).padStart(3, "0");
    const hash = createHash("sha256").update(`${this.#component}\0${same}`).digest("hex").slice(0, 6);
    return `${object.slice(0, 230)}.${time}${hash}`;
  }

  #draft(type: EventType, reason: string, message: string): Event {
    const now = this.#world.timestamp();
    return {
      apiVersion: "v1",
      kind: "Event",
      metadata: {},
      involvedObject: {},
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
      source: { component: this.#component },
      reportingComponent: this.#component,
    };
  }

  async #write(event: Event): Promise<void> {
    const { client } = this.#world;
    const { namespace, name = "" } = event.metadata;
    if (event.count !== 1) {
      const body = { count: event.count, lastTimestamp: event.lastTimestamp };
      try {
        await client.patch(kinds.Event, { namespace, name }, { type: "merge", body });
        return;
      } catch (error) {
        // It was forgotten meanwhile, or never came to be.
        if (codeOf(error) !== "NotFound") throw error;
      }
    }
    await client.create(kinds.Event, event);
  }
}
