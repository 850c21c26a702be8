// On the path of requests that have a time limit.
import type { Clock } from "../../base/index.ts";

/** Something that may be due. Kept in the ticker's list by its place there. */
export interface Due {
  /** Milliseconds of the ticker's clock. */
  at: number;
  /** Its index in the list; -1: not in it. */
  place: number;
  due(): void;
}

/** Milliseconds a time limit may be late. */
const step = 10;

/** One list for every time limit of the process: adding and removing cost next to nothing, one timer looks through it. */
export class Ticker {
  readonly #clock: Clock;
  readonly #list: Due[] = [];
  #ticking = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.monotonic();
  }

  /** Calls `due` once `delay` milliseconds have passed; again for an entry already in the list: moves its time. */
  set(entry: Due, delay: number): void {
    entry.at = this.#clock.monotonic() + delay;
    if (entry.place === -1) entry.place = this.#list.push(entry) - 1;
    this.#wake();
  }

  clear(entry: Due): void {
    const { place } = entry;
    if (place === -1) return;
    entry.place = -1;
    const last = this.#list.pop();
    if (last === undefined || last === entry) return;
    this.#list[place] = last;
    last.place = place;
  }

  #wake(): void {
    if (this.#ticking || this.#list.length === 0) return;
    this.#ticking = true;
    this.#clock.after(step, () => this.#tick());
  }

  #tick(): void {
    this.#ticking = false;
    const now = this.#clock.monotonic();
    const due = this.#list.filter(({ at }) => at <= now);
    for (const entry of due) this.clear(entry);
    for (const entry of due) entry.due();
    this.#wake();
  }
}
