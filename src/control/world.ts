import { type Chance, type Clock, type Log, silentLog, systemChance, systemClock } from "../base/index.ts";
import type { Kind, KubeObject } from "../model/index.ts";
import { type Client, Informer } from "../store/index.ts";

export interface WorldOptions {
  readonly client: Client;
  readonly clock?: Clock;
  readonly chance?: Chance;
  readonly log?: Log;
}

/** What every controller sees: one shared cache per kind, and the door through which it writes. */
export class World {
  readonly client: Client;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  readonly #informers = new Map<string, { readonly synced: Promise<void>; close(): void }>();
  #closed = false;

  constructor({ client, clock = systemClock, chance = systemChance, log = silentLog }: WorldOptions) {
    this.client = client;
    this.clock = clock;
    this.chance = chance;
    this.log = log;
  }

  /** The cache of a kind; made when it is first asked for. */
  informer<T extends KubeObject>(kind: Kind<T>): Informer<T> {
    const key = `${kind.plural}.${kind.group}`;
    const known = this.#informers.get(key);
    if (known) return known as Informer<T>;
    const { client, clock, chance, log } = this;
    const informer = new Informer(kind, { client, clock, chance, log });
    this.#informers.set(key, informer);
    if (this.#closed) informer.close();
    return informer;
  }

  /** Resolves when every cache asked for so far has its first list. */
  async synced(): Promise<void> {
    await Promise.all([...this.#informers.values()].map(({ synced }) => synced));
  }

  /** The time as objects carry it: `2024-01-01T00:00:00Z`. */
  timestamp(): string {
    return new Date(this.clock.now()).toISOString().replace(/\.\d+/, "");
  }

  close(): void {
    this.#closed = true;
    for (const informer of this.#informers.values()) informer.close();
  }
}

/** Something that keeps a part of the world as it is wished. */
export interface Controller {
  /** Resolves when nothing waits to be done; what waits for time to pass does not count. */
  idle(): Promise<void>;
  close(): void;
}
