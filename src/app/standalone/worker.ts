import { type Clock, Fault, type Log } from "../../base/index.ts";
import type { Bootstrap, BoundPort, ChosenPorts, PageReply, PageRequest } from "../../proxy/index.ts";
import { entryOf, OwnProcess } from "../own-process.ts";
import type { FromWorker, ToWorker } from "./worker-contract.ts";

export interface WorkerOptions {
  readonly name: string;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly quit: () => void;
}

/** What a worker must be told when it starts, and again when its successor does. */
interface Order {
  readonly bootstrap: Bootstrap;
  readonly chosen: ChosenPorts;
}

interface Waiting {
  readonly resolve: (answer: FromWorker) => void;
  readonly reject: (error: Error) => void;
}

/** Milliseconds a page may take. */
const pageLimit = 5000;

/** A process that carries traffic. When it dies another one takes its place, with the same orders. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #process: OwnProcess;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  #order: Order | undefined;
  #isUp = false;
  /** The first process could be asked. */
  #wasUp = false;
  readonly #firstUp = Promise.withResolvers<void>();

  constructor(options: WorkerOptions) {
    this.#options = options;
    // Whoever gives the first order hears of it; nobody else has to.
    this.#firstUp.promise.catch(() => undefined);
    this.#process = new OwnProcess({
      name: options.name,
      command: () => Promise.resolve({ command: process.execPath, args: [entryOf("worker-process"), options.version] }),
      env: Object.fromEntries(
        Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
      ),
      clock: options.clock,
      log: options.log,
      started: () => undefined,
      message: (message) => this.#receive(message as FromWorker),
      died: () => true,
      gone: () => this.#gone(),
    });
  }

  /**
   * Rejects when a port cannot be bound, or the process ended before it served; then the order before stands.
   * Gives nothing while it is about to be started again: its successor takes the order.
   */
  async serve(order: Order): Promise<readonly BoundPort[]> {
    const before = this.#order;
    this.#order = order;
    await this.#firstUp.promise;
    if (!this.#isUp) return [];
    try {
      const answer = await this.#ask({ kind: "serve", id: this.#next++, ...order });
      return answer.kind === "serves" ? answer.bound : [];
    } catch (error) {
      this.#order = before;
      throw error;
    }
  }

  async page(request: PageRequest): Promise<PageReply | undefined> {
    if (!this.#isUp) return undefined;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = this.#options.clock.after(pageLimit, () => resolve(undefined));
    const asked = this.#ask({ kind: "page", id: this.#next++, request }).then(
      (answer) => (answer.kind === "page" ? answer.reply : undefined),
      () => undefined,
    );
    const reply = await Promise.race([asked, promise]);
    timer.cancel();
    return reply;
  }

  /** Resolves when it has no connection any more, or is gone with those it had. */
  async drain(): Promise<void> {
    this.#process.expectEnd();
    if (this.#isUp) await this.#ask({ kind: "drain", id: this.#next++ }).catch(() => undefined);
  }

  /** Ends it, by force after `grace` milliseconds. */
  stop(grace: number): Promise<void> {
    return this.#process.stop(grace);
  }

  #ask(message: ToWorker): Promise<FromWorker> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(message.id, { resolve, reject });
      this.#process.send(message);
    });
  }

  #receive(message: FromWorker): void {
    if (message.kind === "ready") return this.#begin();
    if (message.kind === "quit") return this.#options.quit();
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind !== "failed") return waiting?.resolve(message);
    const { code, remedy } = message;
    waiting?.reject(new Fault(code, message.message, remedy === undefined ? {} : { remedy }));
  }

  #begin(): void {
    this.#isUp = true;
    const isFirst = !this.#wasUp;
    this.#wasUp = true;
    this.#firstUp.resolve();
    // The first order is given by whoever waits for that.
    const order = isFirst ? undefined : this.#order;
    if (!order) return;
    const { name, log } = this.#options;
    this.#ask({ kind: "serve", id: this.#next++, ...order }).then(
      () => log.info(`the ${name} serves again`),
      (error: unknown) => {
        log.error(`the ${name} does not serve`, { error: error instanceof Error ? error.message : String(error) });
        // Its successor tries again, ever slower.
        this.#process.kill();
      },
    );
  }

  #gone(): void {
    this.#isUp = false;
    this.#firstUp.reject(new Fault("worker-gone", `the ${this.#options.name} ended before it served`));
    for (const { reject } of this.#waiting.values()) reject(new Fault("worker-gone", "the process ended"));
    this.#waiting.clear();
  }
}
