import { rm } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Clock, explain, type Log } from "../base/index.ts";
import type { AgentCommand, PodOrder } from "./contract.ts";
import { PodKeeper } from "./lifecycle/index.ts";
import type { PodHost, Report } from "./sandbox.ts";

export interface AgentOptions {
  readonly host: PodHost;
  /** The agent's own: volumes of pods stand below it. What an earlier agent left there is removed. */
  readonly folder: string;
  /** Where output of containers is kept; others read it. */
  readonly logDir: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Gives every command to the handler, in order. */
  readonly receive: (handler: (command: AgentCommand) => void) => void;
  readonly report: Report;
  /** Milliseconds the programs of a new pod wait at most for the mesh to serve it; absent: not at all. */
  readonly hold?: number;
}

/** Runs pods as it is told, until it is told to stop; resolves when all of them have ended. The host stays open. */
export async function runAgent({ receive, ...options }: AgentOptions): Promise<void> {
  const { host, folder, log, report } = options;
  const stopped = Promise.withResolvers<void>();
  const waiting: AgentCommand[] = [];
  let handle: (command: AgentCommand) => void = (command) => void waiting.push(command);
  receive((command) => handle(command));
  const volumes = join(folder, "volumes");
  await rm(volumes, { recursive: true, force: true });
  const agent = new Agent({ ...options, folder: volumes });
  handle = (command) => {
    switch (command.kind) {
      case "pods":
        return agent.apply(command.orders);
      case "names":
        return host.names(command.hosts);
      case "served":
        return agent.served(new Set(command.pods));
      case "stop":
        agent.stop().then(stopped.resolve, stopped.reject);
        return;
    }
  };
  report({ kind: "ready", network: host.network });
  log.debug("the node agent is ready", { network: host.network });
  for (const command of waiting) handle(command);
  await stopped.promise;
}

interface Tenant {
  keeper: PodKeeper;
  order: PodOrder;
  /** Set once it is to end; it may be told again with less time. */
  ending: Promise<void> | undefined;
  graceSeconds: number | undefined;
}

class Agent {
  readonly #options: Omit<AgentOptions, "receive">;
  readonly #tenants = new Map<string, Tenant>();
  #stopping = false;

  constructor(options: Omit<AgentOptions, "receive">) {
    this.#options = options;
  }

  /** Makes the pods that run those that are wanted. */
  apply(orders: readonly PodOrder[]): void {
    if (this.#stopping) return;
    const wanted = new Set(orders.map(uidOf));
    for (const [uid, tenant] of this.#tenants) if (!wanted.has(uid)) this.#end(uid, tenant);
    for (const order of orders) this.#applyOne(order);
  }

  served(pods: ReadonlySet<string>): void {
    for (const { keeper } of this.#tenants.values()) if (pods.has(keeper.name)) keeper.served();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const endings = [...this.#tenants].map(([uid, tenant]) => {
      tenant.ending ??= this.#settled(uid, tenant.keeper.end());
      return tenant.ending;
    });
    await Promise.all(endings);
  }

  #applyOne(order: PodOrder): void {
    const uid = uidOf(order);
    const tenant = this.#tenants.get(uid) ?? this.#begin(uid, order);
    if (!tenant) return;
    if (!isDeepStrictEqual(tenant.order, order)) {
      tenant.order = order;
      tenant.keeper.update(order);
    }
    if (order.deleting) this.#end(uid, tenant, order.deleting.graceSeconds);
  }

  #begin(uid: string, order: PodOrder): Tenant | undefined {
    if (order.deleting) {
      // It is told again of a pod that has gone already, or never was.
      this.#options.report({ kind: "removed", uid });
      return undefined;
    }
    const tenant: Tenant = {
      keeper: this.#keep(uid, order),
      order,
      ending: undefined,
      graceSeconds: undefined,
    };
    this.#tenants.set(uid, tenant);
    return tenant;
  }

  #keep(uid: string, order: PodOrder): PodKeeper {
    const keeper: PodKeeper = new PodKeeper(order, { ...this.#options, lost: () => void this.#replace(uid, keeper) });
    return keeper;
  }

  /** A pod whose home has gone is kept anew, unless it is to end anyway. */
  async #replace(uid: string, keeper: PodKeeper): Promise<void> {
    await this.#settled(uid, keeper.end(0));
    const tenant = this.#tenants.get(uid);
    if (this.#stopping || tenant?.keeper !== keeper || tenant.ending) return;
    tenant.keeper = this.#keep(uid, keeper.succession());
  }

  #end(uid: string, tenant: Tenant, graceSeconds?: number): void {
    if (tenant.ending && tenant.graceSeconds === graceSeconds) return;
    tenant.graceSeconds = graceSeconds;
    const ended = this.#settled(uid, tenant.keeper.end(graceSeconds));
    tenant.ending ??= this.#remove(uid, tenant, ended);
  }

  async #remove(uid: string, { keeper }: Tenant, ended: Promise<void>): Promise<void> {
    await ended;
    await this.#settled(uid, keeper.forget());
    this.#tenants.delete(uid);
    this.#options.report({ kind: "removed", uid });
  }

  /** A folder that cannot be removed must not keep a pod from being gone. */
  async #settled(uid: string, ended: Promise<void>): Promise<void> {
    try {
      await ended;
    } catch (error) {
      this.#options.log.warning(`a pod left something behind: ${explain(error)}`, { uid });
    }
  }
}

const uidOf = ({ pod }: PodOrder): string => pod.metadata.uid ?? "";
