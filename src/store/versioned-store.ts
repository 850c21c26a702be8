import { Fault } from "../base/index.ts";
import { keyOf, type KubeObject } from "../model/index.ts";
import type { Watch } from "./client.ts";
import { deepFreeze } from "./freeze.ts";
import type { Change, Snapshot, Store, StoreEvent } from "./store.ts";

/** Where writes are kept, if anywhere. */
export interface Journal {
  /** Makes all of the events durable, or throws and none. */
  commit(events: readonly StoreEvent[], oldest: number): void;
  close(): void;
}

/** What a journal remembers from before. */
export interface Remembered {
  readonly version: number;
  readonly objects: Iterable<{ readonly resource: string; readonly object: KubeObject }>;
  /** Without gaps, ending at `version`. */
  readonly history: readonly StoreEvent[];
}

interface Waiting {
  readonly change: Change;
  readonly done: (object: KubeObject) => void;
  readonly failed: (error: unknown) => void;
}

class Shelf {
  readonly objects = new Map<string, KubeObject>();
  #sorted: readonly KubeObject[] | undefined;

  put(key: string, object: KubeObject | undefined): void {
    if (object) this.objects.set(key, object);
    else this.objects.delete(key);
    this.#sorted = undefined;
  }

  get sorted(): readonly KubeObject[] {
    this.#sorted ??= sortByKey(this.objects);
    return this.#sorted;
  }
}

/**
 * The one engine behind both stores: all objects in memory, writes gathered and handed to the journal together,
 * visible only once the journal has them.
 */
export class VersionedStore implements Store {
  readonly #journal: Journal | undefined;
  readonly #historyLength: number;
  readonly #shelves = new Map<string, Shelf>();
  readonly #listeners = new Map<string, Set<(event: StoreEvent) => void>>();
  #history: StoreEvent[];
  #version: number;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  #closed = false;

  constructor(options: { historyLength: number; journal?: Journal; remembered?: Remembered }) {
    this.#journal = options.journal;
    this.#historyLength = options.historyLength;
    this.#version = options.remembered?.version ?? 1;
    this.#history = [...(options.remembered?.history ?? [])];
    for (const { resource, object } of options.remembered?.objects ?? []) {
      this.#shelf(resource).put(keyOf(object), deepFreeze(object));
    }
  }

  get version(): number {
    return this.#version;
  }

  get(resource: string, key: string): KubeObject | undefined {
    return this.#shelves.get(resource)?.objects.get(key);
  }

  list(resource: string, options: { namespace?: string | undefined; at?: number } = {}): Snapshot {
    const { namespace, at = this.#version } = options;
    const objects = at === this.#version ? (this.#shelves.get(resource)?.sorted ?? []) : this.#past(resource, at);
    return {
      version: at,
      objects: namespace === undefined ? objects : objects.filter(({ metadata }) => metadata.namespace === namespace),
    };
  }

  *inNamespace(namespace: string): Iterable<{ resource: string; object: KubeObject }> {
    for (const [resource, shelf] of this.#shelves) {
      for (const object of shelf.objects.values()) {
        if (object.metadata.namespace === namespace) yield { resource, object };
      }
    }
  }

  write(change: Change): Promise<KubeObject> {
    if (this.#closed) return Promise.reject(new Fault("store-closed", "the store is closed"));
    return new Promise((done, failed) => {
      this.#waiting.push({ change, done, failed });
      this.#flushing ??= new Promise((flushed) => {
        // Whoever else writes in this turn of the event loop shares the commit.
        const flush = () => {
          this.#flushing = undefined;
          this.#flush();
          flushed();
        };
        if (this.#journal) setImmediate(flush);
        else queueMicrotask(flush);
      });
    });
  }

  watch(resource: string, since: number, listener: (event: StoreEvent) => void): Watch {
    if (since > this.#version) throw expired(`the version ${since} has not been yet: the latest is ${this.#version}`);
    this.#checkReach(since);
    for (const event of this.#history) {
      if (event.version > since && event.resource === resource) listener(event);
    }
    const listeners = this.#listeners.get(resource) ?? new Set();
    this.#listeners.set(resource, listeners);
    // Two watches may share a listener, so each gets a function of its own.
    const own = (event: StoreEvent) => listener(event);
    listeners.add(own);
    return { close: () => void listeners.delete(own) };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#flushing;
    this.#listeners.clear();
    this.#journal?.close();
  }

  #shelf(resource: string): Shelf {
    let shelf = this.#shelves.get(resource);
    if (!shelf) this.#shelves.set(resource, (shelf = new Shelf()));
    return shelf;
  }

  /** The version before the first event that is remembered. */
  get #oldest(): number {
    return (this.#history[0]?.version ?? this.#version + 1) - 1;
  }

  #checkReach(version: number): void {
    if (version < this.#oldest) throw expired(`too old resource version: ${version} (${this.#oldest})`);
  }

  #past(resource: string, at: number): readonly KubeObject[] {
    if (at > this.#version) throw expired(`the version ${at} has not been yet: the latest is ${this.#version}`);
    this.#checkReach(at);
    const objects = new Map(this.#shelves.get(resource)?.objects);
    for (const event of this.#history.toReversed()) {
      if (event.version <= at) break;
      if (event.resource !== resource) continue;
      if (event.previous) objects.set(event.key, event.previous);
      else objects.delete(event.key);
    }
    return sortByKey(objects);
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    /** What the changes before this one in the same commit left: undefined = deleted. */
    const pending = new Map<string, KubeObject | undefined>();
    const accepted: { event: StoreEvent; done: (object: KubeObject) => void; failed: (error: unknown) => void }[] = [];
    for (const { change, done, failed } of waiting) {
      const key = change.type === "delete" ? change.key : keyOf(change.object);
      const place = `${change.resource} ${key}`;
      const current = pending.has(place) ? pending.get(place) : this.get(change.resource, key);
      try {
        const event = eventOf(change, key, current, this.#version + accepted.length + 1);
        pending.set(place, event.type === "DELETED" ? undefined : event.object);
        accepted.push({ event, done, failed });
      } catch (error) {
        failed(error);
      }
    }
    if (accepted.length === 0) return;
    const events = accepted.map(({ event }) => event);
    const last = this.#version + events.length;
    try {
      this.#journal?.commit(events, last - this.#historyLength);
    } catch (error) {
      for (const { failed } of accepted) failed(error);
      return;
    }
    this.#version = last;
    for (const { event, done } of accepted) {
      this.#shelf(event.resource).put(event.key, event.type === "DELETED" ? undefined : event.object);
      this.#history.push(event);
      done(event.object);
    }
    // Trimmed in large steps, because moving the rest costs as much as it is long.
    if (this.#history.length > this.#historyLength * 2) this.#history = this.#history.slice(-this.#historyLength);
    for (const event of events) this.#tell(event);
  }

  #tell(event: StoreEvent): void {
    for (const listener of this.#listeners.get(event.resource) ?? []) {
      try {
        listener(event);
      } catch (error) {
        // One listener's bug must not keep the event from the others, nor stay hidden.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

function eventOf(change: Change, key: string, current: KubeObject | undefined, version: number): StoreEvent {
  const { resource } = change;
  if (change.type === "create") {
    if (current) throw new Fault("store-exists", `${resource} "${key}" already exists`);
    return { type: "ADDED", version, resource, key, object: stamp(change.object, version) };
  }
  if (!current) throw new Fault("store-missing", `${resource} "${key}" not found`);
  if (change.version !== current.metadata.resourceVersion) {
    throw new Fault("store-conflict", `${resource} "${key}" has changed since version ${change.version}`);
  }
  if (change.type === "update") {
    return { type: "MODIFIED", version, resource, key, object: stamp(change.object, version), previous: current };
  }
  const object = stamp({ ...current, metadata: { ...current.metadata } }, version);
  return { type: "DELETED", version, resource, key, object, previous: current };
}

function stamp(object: KubeObject, version: number): KubeObject {
  return deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(version) } });
}

function sortByKey(objects: ReadonlyMap<string, KubeObject>): readonly KubeObject[] {
  return [...objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
}

function expired(message: string): Fault {
  return new Fault("store-expired", message);
}
