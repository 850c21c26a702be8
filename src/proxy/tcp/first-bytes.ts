import { hasWholeHello, readProxyHeader, serverNameOf, sniff, type ProxiedEnds } from "../../wire/index.ts";
import type { ConnectionFacts, FirstBytesRules } from "../config/contract.ts";
import { Timeout } from "../http/timeout.ts";
import type { SocketUser, WireSocket } from "../net/socket.ts";
import type { Ticker } from "../net/ticker.ts";

/** What the first bytes of a connection showed. */
export interface Seen {
  readonly protocol: ConnectionFacts["protocol"];
  readonly serverName: string | undefined;
}

export interface Found {
  /** Undefined where nobody looked for the protocol. */
  readonly seen: Seen | undefined;
  /** Whom the connection is made for, where a PROXY header says so. */
  readonly ends: ProxiedEnds | undefined;
  /** Bytes read that belong to what follows. */
  readonly first: Buffer | undefined;
}

/** Bytes looked at for the protocol, or for a whole PROXY header. */
const mostBytes = 16_384;
/** Where configuration knows no limit there is one all the same: a client that waits for its server must not wait for ever. */
const shortWait = 300;

/** Reads as much of a connection as its listener's rules need, then gives it away. A connection that breaks them is broken. */
export class FirstBytes implements SocketUser {
  readonly #socket: WireSocket;
  readonly #rules: FirstBytesRules;
  readonly #found: (found: Found) => void;
  readonly #limit: Timeout;
  #bytes = Buffer.alloc(0);
  #headerRead: boolean;
  #ends: ProxiedEnds | undefined;
  #done = false;

  private constructor(socket: WireSocket, rules: FirstBytesRules, ticker: Ticker, found: (found: Found) => void) {
    this.#socket = socket;
    this.#rules = rules;
    this.#found = found;
    this.#headerRead = rules.proxied === undefined;
    this.#limit = new Timeout(ticker, () => this.#tooLate());
  }

  /** `known`: bytes read already. `found` is called once, at once where nothing more is needed; never for a connection that ends before. */
  static read(
    socket: WireSocket,
    rules: FirstBytesRules,
    known: Buffer | undefined,
    ticker: Ticker,
    found: (found: Found) => void,
  ): void {
    const reader = new FirstBytes(socket, rules, ticker, found);
    if (known) reader.#take(known);
    if (reader.#done) return;
    socket.user = reader;
    if (rules.timeout > 0) reader.#limit.set(rules.timeout);
    else if (rules.protocol) reader.#limit.set(shortWait);
  }

  bytes(buffer: Buffer, start: number, end: number): void {
    this.#take(buffer.subarray(start, end));
  }

  ended(): void {
    if (this.#headerRead || this.#mayDoWithout()) this.#finish("unknown");
    else this.#break();
  }

  closed(): void {
    this.#done = true;
    this.#limit.clear();
  }

  drained(): void {
    // Nothing was written.
  }

  #take(more: Buffer): void {
    if (this.#done) return;
    this.#bytes = Buffer.concat([this.#bytes, more]);
    if (!this.#headerRead && !this.#readHeader()) return;
    if (!this.#rules.protocol) return this.#finish(undefined);
    this.#readProtocol();
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
    if (seen === undefined && bytes.length < mostBytes) return;
    if (seen === "tls") {
      if (hasWholeHello(bytes) || bytes.length >= mostBytes) this.#finish("tls", serverNameOf(bytes));
    } else this.#finish(seen === "http/1.1" || seen === "h2c" ? seen : "unknown");
  }

  #tooLate(): void {
    if (this.#rules.continues && (this.#headerRead || this.#mayDoWithout())) this.#finish("unknown");
    else this.#break();
  }

  /** Whether what there is may go on without a PROXY header. */
  #mayDoWithout(): boolean {
    return this.#rules.proxied?.optional ?? true;
  }

  #finish(protocol: Seen["protocol"] | undefined, serverName?: string): void {
    if (this.#done) return;
    this.#done = true;
    this.#limit.clear();
    this.#found({
      seen: protocol && this.#rules.protocol ? { protocol, serverName } : undefined,
      ends: this.#ends,
      first: this.#bytes.length > 0 ? this.#bytes : undefined,
    });
  }

  #break(): false {
    this.#done = true;
    this.#limit.clear();
    this.#socket.reset();
    return false;
  }
}
