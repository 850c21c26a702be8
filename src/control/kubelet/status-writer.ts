import { isDeepStrictEqual } from "node:util";
import { codeOf, explain } from "../../base/index.ts";
import { keyOf, kinds, type Pod, type PodStatus } from "../../model/index.ts";
import type { World } from "../world.ts";

/** What a pod's status should be, given the pod as it is. */
export type StatusRule = (pod: Pod) => PodStatus;

interface Writing {
  readonly key: string;
  /** What to write next; the latest wins. */
  rule: StatusRule | undefined;
  delay: number;
}

/** Milliseconds until a write that failed is tried again; each time in a row twice as long. */
const firstDelay = 200;
const longestDelay = 2000;

/** Writes the status of pods: one write at a time for each, always the latest, and none that changes nothing. */
export class StatusWriter {
  readonly #world: World;
  readonly #writing = new Map<string, Writing>();
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(world: World) {
    this.#world = world;
  }

  write(pod: Pod, rule: StatusRule): void {
    const uid = pod.metadata.uid ?? "";
    const writing = this.#writing.get(uid);
    if (writing) {
      writing.rule = rule;
      return;
    }
    const started: Writing = { key: keyOf(pod), rule, delay: firstDelay };
    this.#writing.set(uid, started);
    void this.#run(uid, started);
  }

  /** Resolves when nothing is being written. */
  idle(): Promise<void> {
    return this.#writing.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.#closed = true;
  }

  async #run(uid: string, writing: Writing): Promise<void> {
    // What is reported in the same turn of the event loop is one write.
    await new Promise<void>((resolve) => setImmediate(resolve));
    let pod = this.#world.informer(kinds.Pod).get(writing.key);
    while (writing.rule && pod?.metadata.uid === uid && !this.#closed) {
      const { rule } = writing;
      writing.rule = undefined;
      const outcome = await this.#attempt(pod, rule, writing);
      pod = outcome.pod;
      if (!outcome.written) writing.rule ??= rule;
    }
    this.#writing.delete(uid);
    if (this.#writing.size > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  async #attempt(pod: Pod, rule: StatusRule, writing: Writing): Promise<{ written: boolean; pod: Pod | undefined }> {
    const { client, clock, log } = this.#world;
    const { namespace, name = "" } = pod.metadata;
    try {
      const status = rule(pod);
      if (isDeepStrictEqual(status, pod.status)) return { written: true, pod };
      const written = await client.replaceStatus(kinds.Pod, { ...pod, status });
      writing.delay = firstDelay;
      return { written: true, pod: written };
    } catch (error) {
      const code = codeOf(error);
      if (code === "NotFound") return { written: true, pod: undefined };
      if (code !== "Conflict") {
        log.warning("a pod's status was not written; trying again", { pod: keyOf(pod), error: explain(error) });
        await new Promise<void>((resolve) => clock.after(writing.delay, resolve));
        writing.delay = Math.min(longestDelay, writing.delay * 2);
      }
      const fresh = await client.get(kinds.Pod, { namespace, name }).catch(() => pod);
      return { written: false, pod: fresh };
    }
  }
}
