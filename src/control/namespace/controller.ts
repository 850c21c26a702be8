import { codeOf } from "../../base/index.ts";
import {
  type ConfigMap,
  keyOf,
  kinds,
  type KubeObject,
  type Namespace,
  type ServiceAccount,
} from "../../model/index.ts";
import { canonicalJson } from "../canonical.ts";
import { withCondition } from "../condition.ts";
import { ControlLoop } from "../loop.ts";
import type { Controller, World } from "../world.ts";
import { sweep } from "./contents.ts";

export interface NamespaceOptions {
  /** The authority that pods trust: `ca.crt` of every namespace's ConfigMap `kube-root-ca.crt`. */
  readonly caPem: string;
}

const always = ["default", "kube-system"];
const accountName = "default";
const configMapName = "kube-root-ca.crt";

/** How often to look whether what has finalizers of its own is gone, milliseconds. */
const patience = 1000;

/** Gives every namespace what each one has, and empties those that are to end. */
export class NamespaceController implements Controller {
  readonly #world: World;
  readonly #options: NamespaceOptions;
  readonly #namespaces;
  readonly #accounts;
  readonly #configMaps;
  readonly #loop: ControlLoop;
  readonly #stops: readonly (() => void)[];

  constructor(world: World, options: NamespaceOptions) {
    this.#world = world;
    this.#options = options;
    this.#namespaces = world.informer(kinds.Namespace);
    this.#accounts = world.informer(kinds.ServiceAccount);
    this.#configMaps = world.informer(kinds.ConfigMap);
    const loop = new ControlLoop({ name: "namespace", world, reconcile: (key) => this.#reconcile(key) });
    this.#loop = loop;
    const changed = (name: string) => (before: KubeObject | undefined, after: KubeObject | undefined) => {
      const metadata = (after ?? before)?.metadata;
      if (metadata?.name === name) loop.enqueue(metadata.namespace ?? "");
    };
    this.#stops = [
      this.#namespaces.onChange((before, after) => loop.enqueue((after ?? before)?.metadata.name ?? "")),
      this.#accounts.onChange(changed(accountName)),
      this.#configMaps.onChange(changed(configMapName)),
      world.informer(kinds.Pod).onChange((before, after) => before && !after && this.#podGone(before)),
    ];
    for (const name of always) loop.enqueue(name);
  }

  idle(): Promise<void> {
    return this.#loop.idle();
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#loop.close();
  }

  #podGone({ metadata }: KubeObject): void {
    const namespace = this.#namespaces.get(metadata.namespace ?? "");
    if (namespace?.metadata.deletionTimestamp) this.#loop.enqueue(keyOf(namespace));
  }

  async #reconcile(name: string): Promise<void> {
    const namespace = this.#namespaces.get(name);
    if (!namespace && always.includes(name)) await this.#create(name);
    if (!namespace) return;
    if (namespace.metadata.deletionTimestamp) await this.#end(namespace);
    else await this.#furnish(name);
  }

  async #create(name: string): Promise<void> {
    const namespace: Namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    await this.#world.client.create(kinds.Namespace, namespace).catch(unlessThere);
  }

  async #furnish(namespace: string): Promise<void> {
    const { client } = this.#world;
    if (!this.#accounts.get(`${namespace}/${accountName}`)) {
      const metadata = { name: accountName, namespace };
      const account: ServiceAccount = { apiVersion: "v1", kind: "ServiceAccount", metadata };
      await client.create(kinds.ServiceAccount, account).catch(unlessThere);
    }
    const data = { "ca.crt": this.#options.caPem };
    const known = this.#configMaps.get(`${namespace}/${configMapName}`);
    if (!known) {
      const metadata = { name: configMapName, namespace };
      const configMap: ConfigMap = { apiVersion: "v1", kind: "ConfigMap", metadata, data };
      await client.create(kinds.ConfigMap, configMap).catch(unlessThere);
    } else if (canonicalJson(known.data) !== canonicalJson(data)) {
      await client.replace(kinds.ConfigMap, { ...known, data });
    }
  }

  async #end(namespace: Namespace): Promise<void> {
    const { client } = this.#world;
    const name = namespace.metadata.name ?? "";
    const left = await sweep(client, name);
    if (left.size > 0) {
      await this.#noteRest(namespace, left);
      this.#loop.enqueueAfter(name, patience);
    } else if ((namespace.spec?.finalizers?.length ?? 0) > 0) {
      await client.replace(kinds.Namespace, { ...namespace, spec: { ...namespace.spec, finalizers: [] } });
    } else await client.delete(kinds.Namespace, { name }).catch(unlessGone);
  }

  async #noteRest(namespace: Namespace, left: ReadonlyMap<string, number>): Promise<void> {
    const parts = [...left].map(([resource, count]) => `${resource} has ${count} resource instances`);
    const message = `Some resources are remaining: ${parts.join(", ")}`;
    const news = { type: "NamespaceContentRemaining", status: "True", reason: "SomeResourcesRemain", message } as const;
    const conditions = withCondition(namespace.status?.conditions ?? [], news, this.#world.timestamp());
    const status = { ...namespace.status, conditions };
    if (canonicalJson(status) === canonicalJson(namespace.status)) return;
    await this.#world.client.replaceStatus(kinds.Namespace, { ...namespace, status });
  }
}

function unlessThere(error: unknown): void {
  if (codeOf(error) !== "AlreadyExists") throw error;
}

function unlessGone(error: unknown): void {
  if (codeOf(error) !== "NotFound") throw error;
}
