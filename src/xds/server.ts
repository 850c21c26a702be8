import type { Channel } from "./channel.ts";
import { Conversation, type Nack } from "./conversation.ts";
import type { Node, ResourceSet } from "./discovery.ts";
import type { DeltaRequest } from "./discovery.ts";

export interface AdsServerOptions {
  /** A node refused resources of one response; what it held before stays in force there. */
  readonly onNack?: (nack: Nack) => void;
  /** A node holds everything of its current set. */
  readonly onSynced?: (nodeId: string) => void;
  readonly onConnected?: (node: Node) => void;
  readonly onDisconnected?: (node: Node) => void;
}

/**
 * The server's half of delta ADS. Resources are given per node, whole; each conversation works out what to send.
 * While a push is under way later sets replace each other, so that a slow node gets the newest only.
 */
export class AdsServer {
  readonly #options: AdsServerOptions;
  readonly #sets = new Map<string, ResourceSet>();
  readonly #conversations = new Map<string, Set<Conversation>>();

  constructor(options: AdsServerOptions = {}) {
    this.#options = options;
  }

  /** Begins a conversation; the node names itself in its first request. */
  connect(channel: Channel): void {
    let conversation: Conversation | undefined;
    channel.onMessage((message) => {
      if (!isRequest(message)) return;
      if (!conversation) {
        if (!message.node) return;
        conversation = this.#begin(message.node, channel);
      }
      conversation.receive(message);
    });
  }

  /** The resources a node is to hold from now on; may be called before the node connects. */
  setResources(nodeId: string, resources: ResourceSet): void {
    if (this.#sets.get(nodeId) === resources) return;
    this.#sets.set(nodeId, resources);
    for (const conversation of this.#conversations.get(nodeId) ?? []) conversation.offer(resources);
  }

  /** Forgets a node that will not come back. */
  removeNode(nodeId: string): void {
    this.#sets.delete(nodeId);
  }

  /** Ids of the nodes in conversation. */
  connected(): string[] {
    return [...this.#conversations.keys()];
  }

  /** True when every conversation of the node has acknowledged (or refused) its current set. */
  synced(nodeId: string): boolean {
    const conversations = this.#conversations.get(nodeId);
    return conversations !== undefined && [...conversations].every((conversation) => conversation.synced);
  }

  #begin(node: Node, channel: Channel): Conversation {
    const conversation = new Conversation(node, (response) => channel.send(response), {
      nack: (nack) => this.#options.onNack?.(nack),
      synced: () => this.#options.onSynced?.(node.id),
    });
    const same = this.#conversations.get(node.id) ?? new Set();
    this.#conversations.set(node.id, same.add(conversation));
    channel.onClose(() => {
      conversation.close();
      same.delete(conversation);
      if (same.size === 0 && this.#conversations.get(node.id) === same) this.#conversations.delete(node.id);
      this.#options.onDisconnected?.(node);
    });
    this.#options.onConnected?.(node);
    const set = this.#sets.get(node.id);
    if (set) conversation.offer(set);
    return conversation;
  }
}

function isRequest(message: unknown): message is DeltaRequest {
  return (
    typeof message === "object" && message !== null && "type_url" in message && typeof message.type_url === "string"
  );
}
