import type { PodReport } from "../../runtime/index.ts";

/** Remembers where each pod is really reached. */
export class Addresses {
  readonly #changed: () => void;
  readonly #byUid = new Map<string, { readonly podIP: string; readonly realIP: string }>();
  #realIPs: ReadonlyMap<string, string> = new Map();

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Advertised address → real address. A new map after each change. */
  get realIPs(): ReadonlyMap<string, string> {
    return this.#realIPs;
  }

  /** Takes the addresses of a report; without one, the pod has none any more. */
  put(uid: string, report: Pick<PodReport, "podIP" | "realIP"> | undefined): void {
    const { podIP, realIP } = report ?? {};
    const before = this.#byUid.get(uid);
    if (before?.podIP === podIP && before?.realIP === realIP) return;
    if (podIP !== undefined && realIP !== undefined) this.#byUid.set(uid, { podIP, realIP });
    else if (!this.#byUid.delete(uid)) return;
    this.#tell();
  }

  clear(): void {
    if (this.#byUid.size === 0) return;
    this.#byUid.clear();
    this.#tell();
  }

  #tell(): void {
    this.#realIPs = new Map([...this.#byUid.values()].map(({ podIP, realIP }) => [podIP, realIP]));
    this.#changed();
  }
}
