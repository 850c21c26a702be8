import {
  hasWholeHello,
  readClientHello,
  readProxyHeader,
  sniff,
  type ClientHello,
  type ProxiedEnds,
} from "../../wire/index.ts";
import type { ConnectionFacts, FirstBytesRules } from "../config/contract.ts";
import { Timeout } from "../http/timeout.ts";
import type { SocketUser, WireSocket } from "../net/socket.ts";
import type { Ticker } from "../net/ticker.ts";
import type { Ahead, AheadListener } from "./ahead.ts";

/** What the first bytes of a connection showed. */
export interface Seen {
  readonly protocol: ConnectionFacts["protocol"];
  /** What the client's first message of TLS asks for. */
  readonly hello: ClientHello | undefined;
}

export interface Found {
  /** Undefined where nobody looked for the protocol. */
  readonly seen: Seen | undefined;
  /** Whom the connection is made for, where a PROXY header says so. */
  readonly ends: ProxiedEnds | undefined;
  /** Bytes read that belong to what follows. */
  readonly first: Buffer | undefined;
  /** A connection opened already to where this one leads if its protocol is unknown. */
  readonly ahead: Ahead | undefined;
}

/** Opens a connection ahead, to where the client's bytes would be carried; undefined: no endpoint there may speak first. */
export type OpenAhead = (ends: ProxiedEnds | undefined, listener: AheadListener) => Ahead | undefined;

/** Bytes of a ClientHello; keys that withstand quantum computers make it larger than one record. More breaks the connection. */
const mostHello = 65_536;
/** Where configuration knows no limit there is one all the same: a client that waits for its server must not wait for ever. */
const shortWait = 300;
/** Milliseconds a client has for its first word before its server is asked. Who speaks first at all does it at once. */
const patience = 20;

/** Reads as much of a connection as its listener's rules need, then gives it away. A connection that breaks them is broken. */
export class FirstBytes implements SocketUser {
  readonly #socket: WireSocket;
  readonly #rules: FirstBytesRules;
  readonly #openAhead: OpenAhead;
  readonly #found: (found: Found) => void;
  readonly #limit: Timeout;
  readonly #patience: Timeout;
  #ahead: Ahead | undefined;
  #bytes = Buffer.alloc(0);
  #headerRead: boolean;
  #ends: ProxiedEnds | undefined;
  #done = false;
  /** The time for the first bytes is over, and both sides are silent. */
  #late = false;

  private constructor(
    socket: WireSocket,
    rules: FirstBytesRules,
    ticker: Ticker,
    openAhead: OpenAhead,
    found: (found: Found) => void,
  ) {
    this.#socket = socket;
    this.#rules = rules;
    this.#openAhead = openAhead;
    this.#found = found;
    this.#headerRead = rules.proxied === undefined;
    this.#limit = new Timeout(ticker, () => this.#tooLate());
    this.#patience = new Timeout(ticker, () => this.#askServer());
  }

  /** `known`: bytes read already. `found` is called once, at once where nothing more is needed; never for a connection that ends before. */
  static read(
    socket: WireSocket,
    rules: FirstBytesRules,
    known: Buffer | undefined,
    ticker: Ticker,
    openAhead: OpenAhead,
    found: (found: Found) => void,
  ): void {
    const reader = new FirstBytes(socket, rules, ticker, openAhead, found);
    if (known) reader.#take(known);
    else reader.#beginWaiting();
    if (reader.#done) return;
    socket.user = reader;
    reader.#beginLimit();
  }

  bytes(buffer: Buffer, start: number, end: number): void {
    this.#take(buffer.subarray(start, end));
  }

  ended(): void {
    if (this.#headerRead || this.#mayDoWithout()) this.#finish("unknown");
    else this.#break();
  }

  closed(): void {
    this.#stop();
    this.#ahead?.close();
  }

  drained(): void {
    // Nothing was written.
  }

  #take(more: Buffer): void {
    if (this.#done) return;
    this.#bytes = Buffer.concat([this.#bytes, more]);
    if (!this.#headerRead) {
      if (!this.#readHeader()) return;
      if (this.#rules.timeout === 0) this.#beginLimit();
    }
    if (!this.#rules.protocol) return this.#finish(undefined);
    if (this.#bytes.length === 0) return this.#beginWaiting();
    this.#patience.clear();
    if (this.#late) this.#beginLimit();
    this.#readProtocol();
  }

  /** The client has not said anything yet that its protocol could be told by. */
  #beginWaiting(): void {
    if (this.#headerRead && this.#rules.protocol) this.#patience.set(patience);
  }

  #beginLimit(): void {
    const { timeout, protocol } = this.#rules;
    this.#late = false;
    if (timeout > 0) this.#limit.set(timeout);
    else if (protocol && this.#headerRead) this.#limit.set(shortWait);
  }

  #askServer(): void {
    this.#ahead = this.#openAhead(this.#ends, {
      heard: () => this.#finish("unknown"),
      unreachable: () => void (this.#late && this.#finish("unknown")),
    });
  }

  /** False: more bytes are needed, or the connection is broken. */
  #readHeader(): boolean {
    const read = readProxyHeader(this.#bytes);
    if (read === undefined) return false;
    const { optional = true, versions } = this.#rules.proxied ?? {};
    // A version that is not allowed is no header where none need be.
    if (read === "absent" || !versions?.has(read.version)) {
      if (!optional) return this.#break();
    } else {
      if ("bad" in read) return this.#break();
      this.#ends = read.ends;
      this.#bytes = this.#bytes.subarray(read.length);
    }
    this.#headerRead = true;
    return true;
  }

  #readProtocol(): void {
    const bytes = this.#bytes;
    const seen = sniff(bytes);
    if (seen === undefined) return;
    if (seen !== "tls") return this.#finish(seen === "http/1.1" || seen === "h2c" ? seen : "unknown");
    if (hasWholeHello(bytes)) {
      const hello = readClientHello(bytes);
      // What only begins like TLS is carried as it is.
      this.#finish(hello ? "tls" : "unknown", hello);
    } else if (bytes.length >= mostHello) this.#break();
  }

  #tooLate(): void {
    const continues = this.#rules.continues || this.#rules.timeout === 0;
    // As long as neither side has spoken nothing is guessed: whoever does so first is heard.
    if (continues && !this.#late && this.#ahead?.waits && this.#bytes.length === 0) {
      this.#late = true;
      if (this.#ahead.idleTimeout > 0) this.#limit.set(this.#ahead.idleTimeout);
    } else if (continues && !this.#late && (this.#headerRead || this.#mayDoWithout())) this.#finish("unknown");
    else this.#break();
  }

  /** Whether what there is may go on without a PROXY header. */
  #mayDoWithout(): boolean {
    return this.#rules.proxied?.optional ?? true;
  }

  #finish(protocol: Seen["protocol"] | undefined, hello?: ClientHello): void {
    if (this.#done) return;
    this.#stop();
    if (protocol !== "unknown") this.#ahead?.close();
    this.#found({
      seen: protocol && this.#rules.protocol ? { protocol, hello } : undefined,
      ends: this.#ends,
      first: this.#bytes.length > 0 ? this.#bytes : undefined,
      ahead: protocol === "unknown" ? this.#ahead : undefined,
    });
  }

  #stop(): void {
    this.#done = true;
    this.#limit.clear();
    this.#patience.clear();
  }

  #break(): false {
    this.#stop();
    this.#ahead?.close();
    this.#socket.reset();
    return false;
  }
}
