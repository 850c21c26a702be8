import {
  Backoff,
  type Chance,
  type Clock,
  type Log,
  silentLog,
  systemChance,
  systemClock,
  type Timer,
} from "../base/index.ts";
import { type Kind, keyOf, type KubeObject } from "../model/index.ts";
import { ApiFault, type Client, type Watch, type WatchEvent } from "./client.ts";

export interface InformerOptions {
  readonly client: Client;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly clock?: Clock;
  readonly chance?: Chance;
  readonly log?: Log;
}

/** `before` absent: it appeared. `after` absent: it is gone. */
export type InformerListener<T> = (before: T | undefined, after: T | undefined) => void;

/** A cache of all objects of a kind, kept true by list and watch. Objects in it must not be changed. */
export class Informer<T extends KubeObject> {
  /** Resolves when the first list is in the cache (or the informer was closed). */
  readonly synced: Promise<void>;
  readonly #kind: Kind<T>;
  readonly #options: InformerOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #backoff: Backoff;
  readonly #listeners = new Set<InformerListener<T>>();
  #objects = new Map<string, T>();
  #resolveSynced: () => void = () => undefined;
  #version = "";
  #watch: Watch | undefined;
  #timer: Timer | undefined;
  #closed = false;
  #isSynced = false;

  constructor(kind: Kind<T>, options: InformerOptions) {
    this.#kind = kind;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = (options.log ?? silentLog).with({ kind: kind.kind });
    this.#backoff = new Backoff({ base: 100, max: 10_000, jitter: 0.5 }, options.chance ?? systemChance);
    this.synced = new Promise((resolve) => (this.#resolveSynced = resolve));
    void this.#list();
  }

  /** Whether the first list is in the cache. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** By the key that `keyOf` makes: `namespace/name`, or `name`. */
  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  byNamespace(namespace: string): T[] {
    return this.list().filter(({ metadata }) => metadata.namespace === namespace);
  }

  /** The listener hears of all that is already in the cache as new, then of every change. Returns how to stop listening. */
  onChange(listener: InformerListener<T>): () => void {
    this.#listeners.add(listener);
    for (const object of this.#objects.values()) listener(undefined, object);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    this.#watch?.close();
    this.#listeners.clear();
    this.#resolveSynced();
  }

  get #scope() {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    return { namespace, labelSelector, fieldSelector };
  }

  async #list(): Promise<void> {
    try {
      const { items, resourceVersion } = await this.#options.client.list(this.#kind, this.#scope);
      if (this.#closed) return;
      this.#version = resourceVersion;
      this.#reset(items);
      this.#isSynced = true;
      this.#resolveSynced();
      this.#follow();
    } catch (error) {
      this.#again(error, () => void this.#list());
    }
  }

  #follow(): void {
    let over = false;
    const watch = this.#options.client.watch(
      this.#kind,
      { ...this.#scope, resourceVersion: this.#version },
      {
        event: (event) => {
          if (over || this.#closed) return;
          this.#backoff.reset();
          this.#take(event);
        },
        ended: (error) => {
          if (over) return;
          over = true;
          this.#watch = undefined;
          if (this.#closed) return;
          if (error instanceof ApiFault && error.status === 410) void this.#list();
          else this.#again(error, () => this.#follow());
        },
      },
    );
    if (!over) this.#watch = watch;
  }

  #again(error: unknown, run: () => void): void {
    if (this.#closed) return;
    const delay = this.#backoff.next();
    this.#log.debug("list or watch broke; trying again", {
      delay: Math.round(delay),
      error: error instanceof Error ? error.message : String(error),
    });
    this.#timer = this.#clock.after(delay, run);
  }

  #take({ type, object }: WatchEvent<T>): void {
    this.#version = object.metadata.resourceVersion ?? this.#version;
    const key = keyOf(object);
    switch (type) {
      case "BOOKMARK":
        return;
      case "DELETED": {
        const before = this.#objects.get(key);
        this.#objects.delete(key);
        if (before) this.#tell(before, undefined);
        return;
      }
      case "ADDED":
      case "MODIFIED": {
        const before = this.#objects.get(key);
        this.#objects.set(key, object);
        this.#tell(before, object);
        return;
      }
    }
  }

  /** After a list: what differs from the cache is told as changes, so that listeners miss nothing that history had lost. */
  #reset(items: readonly T[]): void {
    const before = this.#objects;
    this.#objects = new Map(items.map((object) => [keyOf(object), object]));
    for (const [key, object] of before) if (!this.#objects.has(key)) this.#tell(object, undefined);
    for (const [key, object] of this.#objects) {
      const old = before.get(key);
      if (old?.metadata.resourceVersion !== object.metadata.resourceVersion) this.#tell(old, object);
    }
  }

  #tell(before: T | undefined, after: T | undefined): void {
    for (const listener of this.#listeners) listener(before, after);
  }
}
