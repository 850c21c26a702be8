import { createHash } from "node:crypto";
import { codeOf, explain } from "../base/index.ts";
import { type Event, kinds, type KubeObject } from "../model/index.ts";
import type { World } from "./world.ts";

export type EventType = "Normal" | "Warning";

/** Writes down what happened to objects, as core/v1 Events. The same thing happening again counts up one Event. Never throws. */
export class EventRecorder {
  readonly #world: World;
  readonly #component: string;
  /** By the Event's key: what is being written, so that two of the same follow each other. */
  readonly #writing = new Map<string, Promise<void>>();

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
    const event = this.#draft(type, reason, message);
    const same = [this.#component, object.kind, uid, fieldPath, type, reason, message].join("\0");
    event.metadata = {
      name: `${name.slice(0, 230)}.${createHash("sha256").update(same).digest("hex").slice(0, 16)}`,
      namespace: namespace ?? "default",
    };
    event.involvedObject = {
      apiVersion: object.apiVersion,
      kind: object.kind,
      name,
      uid,
      ...(namespace !== undefined && { namespace }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(fieldPath !== undefined && { fieldPath }),
    };
    const key = `${event.metadata.namespace}/${event.metadata.name}`;
    const written: Promise<void> = (this.#writing.get(key) ?? Promise.resolve())
      .then(() => this.#write(event))
      .catch((error: unknown) => this.#world.log.debug("an event was lost", { reason, error: explain(error) }))
      .finally(() => {
        if (this.#writing.get(key) === written) this.#writing.delete(key);
      });
    this.#writing.set(key, written);
  }

  /** Resolves when everything recorded so far is written or lost. */
  async settled(): Promise<void> {
    await Promise.all(this.#writing.values());
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
    try {
      await client.create(kinds.Event, event);
    } catch (error) {
      if (codeOf(error) !== "AlreadyExists") throw error;
      const before = await client.get(kinds.Event, { namespace, name });
      const body = { count: (before?.count ?? 0) + 1, lastTimestamp: event.lastTimestamp };
      await client.patch(kinds.Event, { namespace, name }, { type: "merge", body });
    }
  }
}
