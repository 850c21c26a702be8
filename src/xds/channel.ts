/** A two-way pipe of messages, in order, without loss until it closes: Node's IPC, an in-memory pair, a stream. */
export interface Channel {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  onClose(listener: () => void): void;
}

/** One end of a channel whose messages someone else carries. */
export class CarriedChannel implements Channel {
  readonly #carry: (message: unknown) => void;
  #listener: ((message: unknown) => void) | undefined;
  #closers: (() => void)[] = [];
  #early: unknown[] = [];
  #closed = false;

  constructor(carry: (message: unknown) => void) {
    this.#carry = carry;
  }

  send(message: unknown): void {
    if (!this.#closed) this.#carry(message);
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#listener = listener;
    for (const message of this.#early.splice(0)) listener(message);
  }

  onClose(listener: () => void): void {
    if (this.#closed) listener();
    else this.#closers.push(listener);
  }

  /** A message arrived for this end. */
  deliver(message: unknown): void {
    if (this.#closed) return;
    if (this.#listener) this.#listener(message);
    else this.#early.push(message);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const closer of this.#closers.splice(0)) closer();
  }
}

/** Many nodes' conversations over one pipe: every message travels as `{ node, message }`. */
export class Multiplexer {
  readonly #send: (node: string, message: unknown) => void;
  readonly #opened: ((node: string, channel: Channel) => void) | undefined;
  readonly #channels = new Map<string, CarriedChannel>();

  /** `opened` is told of a node that speaks first (the server's side); without it such messages are dropped. */
  constructor(send: (node: string, message: unknown) => void, opened?: (node: string, channel: Channel) => void) {
    this.#send = send;
    this.#opened = opened;
  }

  /** The channel of one node; the same one until it is closed. */
  channel(node: string): Channel {
    return this.#channels.get(node) ?? this.#open(node);
  }

  receive(node: string, message: unknown): void {
    const known = this.#channels.get(node);
    if (known) return known.deliver(message);
    if (!this.#opened) return;
    const channel = this.#open(node);
    this.#opened(node, channel);
    channel.deliver(message);
  }

  close(node: string): void {
    const channel = this.#channels.get(node);
    this.#channels.delete(node);
    channel?.close();
  }

  /** The pipe broke: every conversation ends. */
  closeAll(): void {
    for (const node of this.#channels.keys()) this.close(node);
  }

  #open(node: string): CarriedChannel {
    const channel = new CarriedChannel((message) => this.#send(node, message));
    this.#channels.set(node, channel);
    return channel;
  }
}
