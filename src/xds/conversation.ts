import type { DeltaRequest, DeltaResource, DeltaResponse, Node, ResourceKind, ResourceSet } from "./discovery.ts";
import { typeUrls } from "./discovery.ts";
import { kindOf, pushOrder } from "./order.ts";
import { versionOf } from "./version.ts";

/** What a node refused. */
export interface Nack {
  readonly node: Node;
  readonly kind: ResourceKind;
  readonly detail: string;
  /** Names of the resources in the refused response. */
  readonly names: readonly string[];
}

interface Subscription {
  wildcard: boolean;
  readonly names: Set<string>;
  /** Versions this node was told of, refused ones included: an unchanged resource is not sent twice. */
  readonly told: Map<string, string>;
  /** Names asked for that do not exist: to be answered with a removal, once. */
  readonly missing: Set<string>;
  /** The first answer is sent even when it is empty, so that the client knows there is nothing. */
  answered: boolean;
}

interface Listeners {
  readonly nack: (nack: Nack) => void;
  readonly synced: () => void;
}

/** One node's delta conversation, from the server's side. */
export class Conversation {
  readonly #node: Node;
  readonly #send: (response: DeltaResponse) => void;
  readonly #listeners: Listeners;
  readonly #subscriptions = new Map<ResourceKind, Subscription>();
  /** Responses not yet answered: nonce → what was in them. */
  readonly #waiting = new Map<string, { readonly kind: ResourceKind; readonly names: readonly string[] }>();
  #set: ResourceSet | undefined;
  #nonce = 0;
  #refused = false;
  #dirty = false;
  #closed = false;

  constructor(node: Node, send: (response: DeltaResponse) => void, listeners: Listeners) {
    this.#node = node;
    this.#send = send;
    this.#listeners = listeners;
  }

  get synced(): boolean {
    return this.#set !== undefined && this.#waiting.size === 0 && !this.#dirty;
  }

  offer(set: ResourceSet): void {
    this.#set = set;
    this.#dirty = true;
    this.#refused = false;
    this.#push();
  }

  close(): void {
    this.#closed = true;
  }

  receive(request: DeltaRequest): void {
    const kind = kindOf(request.type_url);
    if (kind === undefined) return;
    this.#subscribe(kind, request);
    if (request.response_nonce !== undefined) this.#answered(request.response_nonce, request);
    this.#push();
  }

  #answered(nonce: string, request: DeltaRequest): void {
    const sent = this.#waiting.get(nonce);
    // An unknown nonce is an answer to something long superseded: nothing to do.
    if (!sent) return;
    this.#waiting.delete(nonce);
    if (request.error_detail) {
      this.#refused = true;
      this.#listeners.nack({ node: this.#node, ...sent, detail: request.error_detail.message });
    }
  }

  #subscribe(kind: ResourceKind, request: DeltaRequest): void {
    let subscription = this.#subscriptions.get(kind);
    const first = subscription === undefined;
    const wanted = request.resource_names_subscribe ?? [];
    if (!subscription) {
      // The old way to ask for everything: a first request that names nothing.
      const wildcard = wanted.length === 0 && request.response_nonce === undefined;
      subscription = { wildcard, names: new Set(), told: new Map(), missing: new Set(), answered: false };
      this.#subscriptions.set(kind, subscription);
      for (const [name, version] of Object.entries(request.initial_resource_versions ?? {})) {
        subscription.told.set(name, version);
      }
    }
    for (const name of wanted) {
      if (name === "*") subscription.wildcard = true;
      else {
        subscription.names.add(name);
        // Asking again for what one holds is a request to send it again.
        if (!first) subscription.told.delete(name);
        if (!this.#set?.[kind].has(name)) subscription.missing.add(name);
      }
    }
    for (const name of request.resource_names_unsubscribe ?? []) {
      if (name === "*") subscription.wildcard = false;
      subscription.names.delete(name);
      subscription.missing.delete(name);
      if (!subscription.wildcard) subscription.told.delete(name);
    }
    if (first || wanted.length > 0) this.#dirty = true;
  }

  /** Sends additions and changes; once these are answered, removals; then looks whether something new came. */
  #push(): void {
    const set = this.#set;
    if (this.#closed || !set || this.#waiting.size > 0 || !this.#dirty) return;
    let sent = 0;
    for (const kind of pushOrder) sent += this.#sendChanges(kind, set);
    if (sent > 0) return;
    // A refused resource may leave something in use that is about to go: removals wait for the next good push.
    if (!this.#refused) for (const kind of pushOrder.toReversed()) sent += this.#sendRemovals(kind, set);
    this.#dirty = sent > 0;
    if (sent === 0) this.#listeners.synced();
  }

  #sendChanges(kind: ResourceKind, set: ResourceSet): number {
    const subscription = this.#subscriptions.get(kind);
    if (!subscription) return 0;
    const resources: DeltaResource[] = [];
    for (const [name, resource] of set[kind]) {
      if (!subscription.wildcard && !subscription.names.has(name)) continue;
      const version = versionOf(resource);
      if (subscription.told.get(name) === version) continue;
      subscription.told.set(name, version);
      subscription.missing.delete(name);
      resources.push({ name, version, resource });
    }
    if (resources.length === 0 && subscription.answered) return 0;
    subscription.answered = true;
    this.#respond(kind, resources, []);
    return 1;
  }

  #sendRemovals(kind: ResourceKind, set: ResourceSet): number {
    const subscription = this.#subscriptions.get(kind);
    if (!subscription) return 0;
    const removed = [...subscription.told.keys(), ...subscription.missing].filter((name) => !set[kind].has(name));
    for (const name of removed) subscription.told.delete(name);
    subscription.missing.clear();
    if (removed.length === 0) return 0;
    this.#respond(kind, [], removed);
    return 1;
  }

  #respond(kind: ResourceKind, resources: DeltaResource[], removed: string[]): void {
    const nonce = String((this.#nonce += 1));
    this.#waiting.set(nonce, { kind, names: resources.map(({ name }) => name) });
    this.#send({
      type_url: typeUrls[kind],
      nonce,
      system_version_info: nonce,
      resources,
      removed_resources: removed,
    });
  }
}
