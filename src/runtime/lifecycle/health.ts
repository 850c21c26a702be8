import type { Clock } from "../../base/index.ts";
import type { Container, Probe } from "../../model/index.ts";
import { perform, type Place } from "./check/index.ts";
import { firstPort, waitForPort } from "./port-wait.ts";
import { Prober } from "./prober.ts";

export interface HealthOptions {
  readonly container: Container;
  readonly clock: Clock;
  readonly place: Place;
  /** `started` or `ready` has changed. */
  readonly changed: () => void;
  /** A probe failed once. */
  readonly unhealthy: (message: string) => void;
  /** A startup or liveness probe failed for good: the container is to be killed. */
  readonly condemn: (kind: "startup" | "liveness", probe: Probe) => void;
}

/** What the probes of one running container say. */
export class Health {
  readonly #options: HealthOptions;
  readonly #startedAt: number;
  readonly #aborter = new AbortController();
  readonly #probers: Prober[] = [];
  #started = false;
  #ready = false;

  /** Begins at once; the container has just started. */
  constructor(options: HealthOptions) {
    this.#options = options;
    this.#startedAt = options.clock.monotonic();
  }

  get started(): boolean {
    return this.#started;
  }

  get ready(): boolean {
    return this.#ready;
  }

  begin(): void {
    const { startupProbe } = this.#options.container;
    if (!startupProbe) return this.#start();
    const prober = this.#probe("startup", startupProbe, (ok) => {
      prober.stop();
      if (ok) this.#start();
      else this.#options.condemn("startup", startupProbe);
    });
  }

  /** No more probes; neither ready nor asked again. */
  stop(): void {
    this.#aborter.abort();
    for (const prober of this.#probers) prober.stop();
    this.#setReady(false);
  }

  /** The startup probe has passed, or there is none: now the others count. */
  #start(): void {
    this.#started = true;
    const { livenessProbe, readinessProbe } = this.#options.container;
    if (livenessProbe) {
      const prober = this.#probe("liveness", livenessProbe, (ok) => {
        if (ok) return;
        prober.stop();
        this.#options.condemn("liveness", livenessProbe);
      });
    }
    if (readinessProbe) this.#probe("readiness", readinessProbe, (ok) => this.#setReady(ok));
    else void this.#readyOncePortIsOpen();
    this.#options.changed();
  }

  async #readyOncePortIsOpen(): Promise<void> {
    const { container, clock, place } = this.#options;
    const port = firstPort(container);
    if (port !== undefined) await waitForPort(port, place, clock, this.#aborter.signal);
    if (!this.#aborter.signal.aborted) this.#setReady(true);
  }

  #setReady(ready: boolean): void {
    if (this.#ready === ready) return;
    this.#ready = ready;
    this.#options.changed();
  }

  #probe(kind: "startup" | "liveness" | "readiness", probe: Probe, verdict: (ok: boolean) => void): Prober {
    const { clock, place } = this.#options;
    const title = `${kind.slice(0, 1).toUpperCase()}${kind.slice(1)}`;
    const prober = new Prober({
      probe,
      clock,
      startedAt: this.#startedAt,
      eager: kind !== "liveness",
      check: (limit, signal) => perform(probe, place, limit, signal),
      verdict,
      failed: (message) => this.#options.unhealthy(`${title} probe failed: ${message}`),
    });
    this.#probers.push(prober);
    return prober;
  }
}
