import { isDeepStrictEqual } from "node:util";
import { explain, type Timer } from "../../base/index.ts";
import type { Pod } from "../../model/index.ts";
import type { AgentCommand, PodOrder } from "../../runtime/index.ts";
import type { World } from "../world.ts";

export interface OrderBookOptions {
  readonly world: World;
  resolve(pod: Pod): Promise<PodOrder>;
  send(command: AgentCommand): void;
  /** An order could not be made; it is tried again. */
  failed(pod: Pod, message: string): void;
}

interface Page {
  pod: Pod;
  deleting: { readonly graceSeconds: number } | undefined;
  order: PodOrder | undefined;
  /** Counts what made the order out of date. */
  wanted: number;
  resolving: boolean;
  sent: boolean;
  retry?: Timer;
}

/** Milliseconds until an order that could not be made is tried again. */
const retryDelay = 2000;

/** The orders the agent should have: made anew when what they are made from changes, sent together, and only when they differ. */
export class OrderBook {
  readonly #options: OrderBookOptions;
  readonly #pages = new Map<string, Page>();
  #scheduled = false;
  /** The last set sent has an order that is gone, or lacks one. */
  #changed = false;
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(options: OrderBookOptions) {
    this.#options = options;
  }

  /** Takes the pod in, or its newer form. */
  put(pod: Pod): void {
    const uid = pod.metadata.uid ?? "";
    const page = this.#pages.get(uid);
    if (!page) {
      const order = undefined;
      this.#pages.set(uid, { pod, deleting: undefined, order, wanted: 1, resolving: false, sent: false });
      this.#schedule();
      return;
    }
    const isSame = isDeepStrictEqual(essence(page.pod), essence(pod));
    page.pod = pod;
    if (!isSame) this.refresh(uid);
  }

  /** Something the pod's order is made from has changed. */
  refresh(uid: string): void {
    const page = this.#pages.get(uid);
    if (!page) return;
    page.wanted += 1;
    this.#schedule();
  }

  /** From now on the agent is told to end the pod. */
  end(uid: string, graceSeconds: number): void {
    const page = this.#pages.get(uid);
    if (!page || page.deleting?.graceSeconds === graceSeconds) return;
    page.deleting = { graceSeconds };
    this.#changed = true;
    this.#schedule();
  }

  /** Whether the agent has been told of the pod. */
  isSent(uid: string): boolean {
    return this.#pages.get(uid)?.sent === true;
  }

  drop(uid: string): void {
    const page = this.#pages.get(uid);
    if (!page) return;
    page.retry?.cancel();
    this.#pages.delete(uid);
    if (!page.sent) return;
    this.#changed = true;
    this.#schedule();
  }

  /** The agent is a new one that knows nothing: how often containers have started it learns from the pods' statuses of now. */
  forgetSent(): void {
    for (const page of this.#pages.values()) {
      page.sent = false;
      const { order, pod } = page;
      if (order) page.order = { ...order, pod: { ...order.pod, status: pod.status } };
    }
    this.sendAgain();
  }

  /** Sends all orders once more. */
  sendAgain(): void {
    this.#changed = true;
    this.#schedule();
  }

  /** Resolves when every order is made and sent. */
  idle(): Promise<void> {
    return this.#isBusy ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }

  close(): void {
    this.#closed = true;
    for (const { retry } of this.#pages.values()) retry?.cancel();
    this.#pages.clear();
  }

  /** Waits for the end of the turn of the event loop, so that many changes make one command. */
  #schedule(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#closed) return;
      for (const [uid, page] of this.#pages) if (page.wanted > 0 && !page.resolving) void this.#resolve(uid, page);
      if (this.#changed) this.#send();
      this.#rest();
    });
  }

  async #resolve(uid: string, page: Page): Promise<void> {
    page.resolving = true;
    const { pod, wanted } = page;
    try {
      const order = await this.#options.resolve(pod);
      page.wanted -= wanted;
      if (!page.order || !isDeepStrictEqual(content(page.order), content(order))) {
        page.order = order;
        this.#changed = true;
      }
    } catch (error) {
      page.wanted -= wanted;
      if (this.#pages.get(uid) === page) {
        this.#options.failed(pod, explain(error));
        page.retry?.cancel();
        page.retry = this.#options.world.clock.after(retryDelay, () => this.refresh(uid));
      }
    }
    page.resolving = false;
    if (this.#changed || page.wanted > 0) this.#schedule();
    this.#rest();
  }

  get #isBusy(): boolean {
    return this.#scheduled || [...this.#pages.values()].some(({ resolving }) => resolving);
  }

  #rest(): void {
    if (this.#isBusy) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #send(): void {
    this.#changed = false;
    const orders: PodOrder[] = [];
    for (const page of this.#pages.values()) {
      if (!page.order) continue;
      page.sent = true;
      orders.push(page.deleting ? { ...page.order, deleting: page.deleting } : page.order);
    }
    this.#options.send({ kind: "pods", orders });
  }
}

/** The parts of a pod that orders are made from: its status and versions come from the agent itself. */
function essence({ metadata: { labels, annotations }, spec }: Pod) {
  return { labels, annotations, spec };
}

function content(order: PodOrder) {
  return { ...order, pod: essence(order.pod as Pod) };
}
