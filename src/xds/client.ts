import type { Channel } from "./channel.ts";
import {
  typeUrls,
  type DeltaRequest,
  type DeltaResponse,
  type Node,
  type ResourceKind,
  type ResourceSet,
} from "./discovery.ts";
import { kindOf, pushOrder } from "./order.ts";

/** One resource that cannot be honoured, and why. */
export interface Refusal {
  readonly name: string;
  readonly reason: string;
}

/** What one response changes. */
export interface ResourceChange {
  readonly kind: ResourceKind;
  readonly changed: ReadonlyMap<string, unknown>;
  readonly removed: readonly string[];
}

export interface AdsClientOptions {
  readonly node: Node;
  /** Takes a whole response at once; a refused resource keeps the form it had, the others of the response apply. */
  readonly apply: (change: ResourceChange) => readonly Refusal[];
  readonly kinds?: readonly ResourceKind[];
}

interface Held {
  readonly version: string;
  readonly resource: unknown;
}

/** The client's half of delta ADS: subscribes to everything of each kind and holds what the server says. */
export class AdsClient {
  readonly #options: AdsClientOptions;
  readonly #held = new Map<ResourceKind, Map<string, Held>>();
  readonly #arrived = new Set<ResourceKind>();
  #channel: Channel | undefined;

  constructor(options: AdsClientOptions) {
    this.#options = options;
    for (const kind of this.#kinds) this.#held.set(kind, new Map());
  }

  get #kinds(): readonly ResourceKind[] {
    return this.#options.kinds ?? pushOrder;
  }

  /** True once the server has answered for every kind. */
  get ready(): boolean {
    return this.#arrived.size === this.#kinds.length;
  }

  get connected(): boolean {
    return this.#channel !== undefined;
  }

  /** The resources in force of one kind. */
  resources<K extends ResourceKind>(kind: K): ResourceSet[K] {
    const held = this.#held.get(kind) ?? new Map<string, Held>();
    return new Map([...held].map(([name, { resource }]) => [name, resource])) as unknown as ResourceSet[K];
  }

  /** The version held of one resource. */
  version(kind: ResourceKind, name: string): string | undefined {
    return this.#held.get(kind)?.get(name)?.version;
  }

  /** Begins a conversation, or goes on after a break: what is held is told, so that only differences come. */
  connect(channel: Channel): void {
    this.#channel = channel;
    channel.onClose(() => {
      if (this.#channel === channel) this.#channel = undefined;
    });
    channel.onMessage((message) => {
      if (this.#channel === channel && isResponse(message)) this.#receive(message);
    });
    let first = true;
    for (const kind of this.#kinds) {
      const versions = [...(this.#held.get(kind) ?? [])].map(([name, { version }]) => [name, version] as const);
      const request: DeltaRequest = {
        ...(first ? { node: this.#options.node } : {}),
        type_url: typeUrls[kind],
        resource_names_subscribe: ["*"],
        ...(versions.length > 0 ? { initial_resource_versions: Object.fromEntries(versions) } : {}),
      };
      first = false;
      channel.send(request);
    }
  }

  #receive(response: DeltaResponse): void {
    const kind = kindOf(response.type_url);
    const held = kind && this.#held.get(kind);
    if (!kind || !held) return;
    const changed = new Map(response.resources.map(({ name, resource }) => [name, resource]));
    const refusals = this.#apply({ kind, changed, removed: response.removed_resources });
    const refused = new Set(refusals.map(({ name }) => name));
    for (const { name, version, resource } of response.resources) {
      if (!refused.has(name)) held.set(name, { version, resource });
    }
    for (const name of response.removed_resources) held.delete(name);
    this.#arrived.add(kind);
    this.#channel?.send({
      type_url: response.type_url,
      response_nonce: response.nonce,
      ...(refusals.length > 0
        ? { error_detail: { code: 3, message: refusals.map(({ name, reason }) => `${name}: ${reason}`).join("\n") } }
        : {}),
    } satisfies DeltaRequest);
  }

  /** A failure nobody foresaw must not kill the conversation: it refuses the whole response. */
  #apply(change: ResourceChange): readonly Refusal[] {
    try {
      return this.#options.apply(change);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return [...change.changed.keys()].map((name) => ({ name, reason }));
    }
  }
}

function isResponse(message: unknown): message is DeltaResponse {
  return (
    typeof message === "object" &&
    message !== null &&
    "nonce" in message &&
    "type_url" in message &&
    typeof message.type_url === "string" &&
    "resources" in message &&
    Array.isArray(message.resources) &&
    "removed_resources" in message &&
    Array.isArray(message.removed_resources)
  );
}
