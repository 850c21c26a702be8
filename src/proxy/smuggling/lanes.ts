import type { Cluster } from "../../xds/index.ts";
import { cluster, httpListener, nodeOf, resources, TestProxy, toCluster } from "../fixture.ts";
import { Conversation } from "./conversation.ts";
import type { Origin } from "./origins.ts";

/** A gateway's port before a server that nobody else uses meanwhile. */
export interface Lane<T> {
  readonly port: number;
  readonly origin: T;
  /** A client that asks after each attempt whether all is well. */
  readonly bystander: Conversation;
}

/** Several ports of one gateway, each with its own server behind it, so that attempts run beside each other and each sees what it did. */
export class Lanes<T extends Pick<Origin, "port" | "close">> {
  readonly #proxy = new TestProxy();
  readonly #all: Lane<T>[] = [];
  readonly #free: Lane<T>[] = [];
  readonly #waiting: ((lane: Lane<T>) => void)[] = [];

  async open(count: number, origin: () => Promise<T>, more: Partial<Cluster> = {}): Promise<void> {
    const node = nodeOf("gateway");
    this.#proxy.host([{ node }]);
    const names = Array.from({ length: count }, (_, index) => `origin-${index}`);
    const places = await Promise.all(
      names.map(async (_, index) => {
        const port = await this.#proxy.gateway(node.id, 80 + index);
        return { port, origin: await origin() };
      }),
    );
    await this.#proxy.configure({
      [node.id]: resources({
        listeners: names.map((name, index) => httpListener(80 + index, [toCluster(name)])),
        clusters: places.map(({ origin: { port } }, index) => cluster(`origin-${index}`, [`127.0.0.1:${port}`], more)),
      }),
    });
    const lanes = places.map((place) => ({ ...place, bystander: new Conversation(place.port, () => false) }));
    this.#all.push(...lanes);
    this.#free.push(...lanes);
  }

  /** Runs `work` with a lane of its own, as soon as one is free. */
  async use(work: (lane: Lane<T>) => Promise<void>): Promise<void> {
    const lane = this.#free.pop() ?? (await new Promise<Lane<T>>((resolve) => void this.#waiting.push(resolve)));
    try {
      await work(lane);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(lane);
      else this.#free.push(lane);
    }
  }

  async close(): Promise<void> {
    for (const { bystander } of this.#all) bystander.destroy();
    await this.#proxy.close();
    await Promise.all(this.#all.map(({ origin }) => origin.close()));
  }
}
