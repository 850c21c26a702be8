import { Fault, type Clock } from "../../base/index.ts";

/** Where the node itself stands on the pods' bridge; every pod's default gateway. */
export const nodeAddress = "10.245.0.1";

const size = 65_534;
const rest = 60_000;

/** The two addresses of one pod: the one the mesh knows and the one its packets carry. */
export interface PodAddress {
  readonly index: number;
  readonly podIP: string;
  readonly realIP: string;
  /** Derived from the address, so nobody has to ask for it (ARP) and a spoofed address gets no answer. */
  readonly mac: string;
}

/** Gives out 10.244.0.2 ↔ 10.245.0.2 and on, lowest first; an address rests a minute before it is given again. */
export class PodAddresses {
  readonly #clock: Clock;
  readonly #taken = new Set<number>();
  readonly #resting = new Map<number, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(): PodAddress {
    const now = this.#clock.monotonic();
    for (let index = 2; index <= size; index++) {
      if (this.#taken.has(index) || (this.#resting.get(index) ?? 0) > now) continue;
      this.#resting.delete(index);
      this.#taken.add(index);
      return addressOf(index);
    }
    throw new Fault("addresses-used-up", "all 65533 pod addresses are in use or were a minute ago", {
      remedy: "Delete pods that are not needed.",
    });
  }

  release(address: PodAddress): void {
    if (this.#taken.delete(address.index)) this.#resting.set(address.index, this.#clock.monotonic() + rest);
  }
}

function addressOf(index: number): PodAddress {
  const host = `${index >> 8}.${index & 255}`;
  return { index, podIP: `10.244.${host}`, realIP: `10.245.${host}`, mac: macOf(index) };
}

/** Locally administered; index 1 is the node's own. */
export function macOf(index: number): string {
  const hex = index.toString(16).padStart(4, "0");
  return `02:57:0a:f5:${hex.slice(0, 2)}:${hex.slice(2)}`;
}
