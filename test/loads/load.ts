/** What clients of every kind share while a story goes on: how long they go on, and what became of their requests. */
import { setTimeout as sleep } from "node:timers/promises";

export const kinds = ["HTTP/1.1", "HTTP/2", "gRPC", "WebSocket", "TCP"] as const;
export type Kind = (typeof kinds)[number];

/** Something that did not end well; each client has an address of its own, by which its connections are known. */
export interface Trouble {
  readonly kind: Kind;
  readonly address: string;
  readonly what: string;
}

/** One client: returns once it was told to end, or has lost its connection in order and may open no other one. */
export type ClientOf = (load: Load, address: string) => Promise<void>;

/** Milliseconds between two requests of one client; bounds the load. */
const pause = 10;

export class Load {
  /** Of HTTP and of TCP. */
  readonly ports: { readonly web: number; readonly raw: number };
  readonly troubles: Trouble[] = [];
  readonly #done = new Map<Kind, number>(kinds.map((kind) => [kind, 0]));
  readonly #running = new Map<Kind, Promise<unknown>>();
  #stopped = false;
  /** Whoever sees the end of its connection opens no other one. */
  leaving = false;

  constructor(ports: Load["ports"]) {
    this.ports = ports;
  }

  /** `count` clients, each with an address of the proxy that nobody else calls. */
  start(kind: Kind, count: number, client: ClientOf): void {
    const from = kinds.indexOf(kind) * 20 + 10;
    const all = Array.from({ length: count }, (_, index) => client(this, `127.0.0.${from + index}`));
    this.#running.set(kind, Promise.all(all));
  }

  get goesOn(): boolean {
    return !this.#stopped;
  }

  well(kind: Kind): void {
    this.#done.set(kind, this.done(kind) + 1);
  }

  failed(kind: Kind, address: string, error: unknown): void {
    const what = error instanceof Error ? error.message : String(error);
    this.troubles.push({ kind, address, what });
  }

  /** What did not end well, a line for each way it went. */
  get lost(): string[] {
    const counts = new Map<string, number>();
    for (const { kind, what } of this.troubles) {
      counts.set(`${kind}: ${what}`, (counts.get(`${kind}: ${what}`) ?? 0) + 1);
    }
    return [...counts].map(([line, count]) => `${line} (${count} times)`);
  }

  /** Requests, calls and messages that were answered. */
  done(kind: Kind): number {
    return this.#done.get(kind) ?? 0;
  }

  rest(): Promise<void> {
    return sleep(pause);
  }

  /** Resolves when every client of these kinds has returned. */
  async ended(...which: readonly Kind[]): Promise<void> {
    for (const kind of which) await this.#running.get(kind);
  }

  /** Every client ends after its present request. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.ended(...kinds);
  }
}
