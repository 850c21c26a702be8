import { codeOf, explain, type Timer } from "../../base/index.ts";
import { keyOf, kinds, type Pod } from "../../model/index.ts";
import type { AgentCommand, AgentReport, PodOrder, PodReport } from "../../runtime/index.ts";
import type { EventRecorder } from "../event.ts";
import { hasEnded, isReady } from "../pod-state.ts";
import type { Controller, World } from "../world.ts";
import { Addresses } from "./addresses.ts";
import { followInputs } from "./follow-inputs.ts";
import { lostReport, unresolvedReport } from "./made-up-report.ts";
import { OrderBook } from "./order-book.ts";
import { statusOf } from "./pod-status.ts";
import { StatusWriter } from "./status-writer.ts";

export interface KubeletOptions {
  readonly world: World;
  readonly events: EventRecorder;
  /** To the node agent. */
  send(command: AgentCommand): void;
  /** Makes a pod's order; asked again whenever what it is made from has changed. Called when all caches are filled. */
  resolve(pod: Pod): Promise<PodOrder>;
  /** Whether callers may still be led to this pod; absent: nobody knows, and time alone decides. */
  isCalled?(pod: Pod): boolean;
  /** `realIPs` has changed. */
  onAddresses?(): void;
  readonly settings?: Partial<KubeletSettings>;
}

export interface KubeletSettings {
  /** The node whose pods these are. */
  readonly node: string;
  /** Between a ready pod's leaving the endpoints and its being told to stop: callers learn of it meanwhile. */
  readonly drainMilliseconds: number;
  /** How often orders are made anew although nothing changed: tokens in volumes last an hour or more. */
  readonly renewMilliseconds: number;
}

const defaults: KubeletSettings = { node: "weft", drainMilliseconds: 300, renewMilliseconds: 20 * 60_000 };

/** Milliseconds a pod that is still called is waited for at most, and between two looks. */
const longestDrain = 5000;
const drainLook = 50;
/** Milliseconds until a deletion that could not be finished is tried again. */
const retryDelay = 1000;

interface Tenant {
  pod: Pod;
  report: PodReport | undefined;
  drain: Timer | undefined;
  stage: "living" | "draining" | "stopping" | "finishing";
}

/**
 * The control plane's half of the node agent: tells it which pods to run, writes down what it reports,
 * and sees pods that are being deleted to their end.
 */
export class Kubelet implements Controller {
  readonly #options: KubeletOptions;
  readonly #settings: KubeletSettings;
  readonly #tenants = new Map<string, Tenant>();
  readonly #book: OrderBook;
  readonly #writer: StatusWriter;
  readonly #addresses: Addresses;
  readonly #stops: readonly (() => void)[];
  #renewal: Timer;
  #closed = false;

  constructor(options: KubeletOptions) {
    const { world } = options;
    this.#options = options;
    this.#settings = { ...defaults, ...options.settings };
    this.#writer = new StatusWriter(world);
    this.#addresses = new Addresses(() => options.onAddresses?.());
    this.#book = new OrderBook({
      world,
      send: (command) => options.send(command),
      resolve: async (pod) => {
        await world.synced();
        return options.resolve(pod);
      },
      failed: (pod, message) => this.#unresolved(pod, message),
    });
    this.#renewal = this.#renewLater();
    const pods = () => [...this.#tenants.values()].map(({ pod }) => pod);
    this.#stops = [
      ...followInputs(world, pods, (uid) => this.#book.refresh(uid)),
      world.informer(kinds.Pod).onChange((before, after) => {
        if (before && before.metadata.uid !== after?.metadata.uid) this.#forget(before);
        if (after && after.spec.nodeName === this.#settings.node) this.#see(after);
      }),
    ];
  }

  /** Advertised address of each running pod → the address it is really reached at. */
  get realIPs(): ReadonlyMap<string, string> {
    return this.#addresses.realIPs;
  }

  receive(report: AgentReport): void {
    const { log } = this.#options.world;
    switch (report.kind) {
      case "ready":
        log.debug("the node agent is ready", { network: report.network });
        this.#book.sendAgain();
        return;
      case "failed":
        log.error(report.message, { remedy: report.remedy });
        return;
      case "pod":
        return this.#reported(report.uid, report.status);
      case "removed": {
        const tenant = this.#tenants.get(report.uid);
        if (tenant?.pod.metadata.deletionTimestamp) this.#finish(tenant);
        return;
      }
      case "event": {
        const pod = this.#tenants.get(report.uid)?.pod;
        if (pod) this.#options.events.event(pod, report.type, report.reason, report.message);
        return;
      }
    }
  }

  /** The agent died, and with it every process of every pod: none is ready now, and a new agent is told of all. */
  agentRestarted(): void {
    this.#book.forgetSent();
    this.#addresses.clear();
    for (const tenant of this.#tenants.values()) {
      const { pod, report } = tenant;
      tenant.report = undefined;
      if (hasEnded(report?.phase ?? pod.status?.phase)) this.#book.drop(uidOf(pod));
      else if (pod.metadata.deletionTimestamp) this.#finish(tenant);
      else this.#write(pod, lostReport);
    }
  }

  async idle(): Promise<void> {
    await this.#book.idle();
    await this.#writer.idle();
  }

  close(): void {
    this.#closed = true;
    for (const stop of this.#stops) stop();
    this.#renewal.cancel();
    for (const { drain } of this.#tenants.values()) drain?.cancel();
    this.#book.close();
    this.#writer.close();
  }

  #renewLater(): Timer {
    return this.#options.world.clock.after(this.#settings.renewMilliseconds, () => {
      for (const uid of this.#tenants.keys()) this.#book.refresh(uid);
      this.#renewal = this.#renewLater();
    });
  }

  #see(pod: Pod): void {
    const known = this.#tenants.get(uidOf(pod));
    const tenant: Tenant = known ?? { pod, report: undefined, drain: undefined, stage: "living" };
    tenant.pod = pod;
    if (!known) this.#tenants.set(uidOf(pod), tenant);
    if (pod.metadata.deletionTimestamp) return this.#end(tenant);
    // What ended under an earlier agent is not run again.
    if (hasEnded(pod.status?.phase) && !this.#book.isSent(uidOf(pod))) return this.#book.drop(uidOf(pod));
    // What an earlier agent reported is no longer so.
    if (!known && (pod.status?.podIP || pod.status?.containerStatuses?.length)) this.#write(pod, lostReport);
    this.#book.put(pod);
    const { report } = tenant;
    if (report && pod.spec.readinessGates) this.#write(pod, () => report);
  }

  #forget(pod: Pod): void {
    this.#tenants.get(uidOf(pod))?.drain?.cancel();
    this.#tenants.delete(uidOf(pod));
    this.#book.drop(uidOf(pod));
    this.#addresses.put(uidOf(pod), undefined);
  }

  #reported(uid: string, report: PodReport): void {
    const tenant = this.#tenants.get(uid);
    if (!tenant || tenant.stage === "finishing") return;
    tenant.report = report;
    // Before the status is written: whoever learns the address from it must be able to reach it.
    this.#addresses.put(uid, report);
    this.#write(tenant.pod, () => report);
  }

  #write(pod: Pod, report: (pod: Pod) => PodReport): void {
    this.#writer.write(pod, (fresh) => statusOf(fresh, report(fresh), this.#options.world.timestamp()));
  }

  #unresolved(pod: Pod, message: string): void {
    this.#options.world.log.warning("what a pod runs could not be made out", { pod: keyOf(pod), error: message });
    this.#options.events.event(pod, "Warning", "Failed", message);
    if (!this.#book.isSent(uidOf(pod))) this.#write(pod, () => unresolvedReport(pod, message));
  }

  /** The pod is being deleted: it has left the endpoints already; then it is stopped, then it is gone. */
  #end(tenant: Tenant): void {
    const uid = uidOf(tenant.pod);
    if (tenant.stage === "finishing" || tenant.stage === "draining") return;
    if (!this.#book.isSent(uid)) return this.#finish(tenant);
    const { drainMilliseconds } = this.#settings;
    if (tenant.stage === "stopping" || !isReady(tenant.pod) || drainMilliseconds === 0) return this.#stop(tenant);
    tenant.stage = "draining";
    this.#stopAfter(drainMilliseconds, tenant, this.#options.world.clock.monotonic() + longestDrain);
  }

  #stop(tenant: Tenant): void {
    if (tenant.stage === "finishing") return;
    tenant.stage = "stopping";
    this.#book.end(uidOf(tenant.pod), tenant.pod.metadata.deletionGracePeriodSeconds ?? 0);
  }

  /** Callers learn of its leaving as quickly as they can; where that takes longer, it stays for them. */
  #stopAfter(delay: number, tenant: Tenant, latest: number): void {
    const { clock } = this.#options.world;
    tenant.drain = clock.after(delay, () => {
      const isCalled = this.#options.isCalled?.(tenant.pod) ?? false;
      if (isCalled && clock.monotonic() < latest) this.#stopAfter(drainLook, tenant, latest);
      else this.#stop(tenant);
    });
  }

  #finish(tenant: Tenant): void {
    if (tenant.stage === "finishing") return;
    tenant.stage = "finishing";
    tenant.drain?.cancel();
    this.#book.drop(uidOf(tenant.pod));
    void this.#delete(tenant.pod);
  }

  async #delete(pod: Pod): Promise<void> {
    const { client, clock, log } = this.#options.world;
    const { namespace, name = "", uid = "" } = pod.metadata;
    try {
      await client.delete(kinds.Pod, { namespace, name }, { gracePeriodSeconds: 0, uid });
    } catch (error) {
      // Not found, or another pod of that name by now: gone either way.
      if (codeOf(error) === "NotFound" || codeOf(error) === "Conflict" || this.#closed) return;
      log.warning("a deletion was not finished; trying again", { pod: keyOf(pod), error: explain(error) });
      clock.after(retryDelay, () => {
        if (!this.#closed) void this.#delete(pod);
      });
    }
  }
}

const uidOf = ({ metadata }: Pod): string => metadata.uid ?? "";
