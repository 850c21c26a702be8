import type { Surroundings } from "../http/surroundings.ts";
import type { Connecting } from "../net/connector.ts";
import { copyOf, nobody, type SocketUser, type WireSocket } from "../net/socket.ts";
import type { Choice } from "./choice.ts";
import { dial } from "./dial.ts";

export interface AheadListener {
  /** The endpoint has said something, or ended. */
  readonly heard: () => void;
  readonly unreachable: () => void;
}

/**
 * A connection to where a silent client's bytes would be carried, opened before they come: what a server says first is
 * heard. Nothing is sent on it, so it can be closed as if it had never been.
 */
export class Ahead implements SocketUser {
  /** What each side's rules chose on the way, the endpoint last. */
  readonly choices: readonly Choice[];
  readonly #listener: AheadListener;
  /** Counts the connection no longer. */
  readonly release: () => void;
  #server: WireSocket | undefined;
  #said: Buffer | undefined;
  #gone = false;
  #failed = false;
  #taker: { readonly user: SocketUser; readonly connecting: Connecting } | undefined;

  private constructor(choices: readonly Choice[], last: Choice, surroundings: Surroundings, listener: AheadListener) {
    this.choices = choices;
    this.#listener = listener;
    this.release = dial(last, surroundings, this, {
      connected: (server) => this.#connected(server),
      failed: (reason) => this.#fail(reason),
    });
  }

  static open(choices: readonly Choice[], surroundings: Surroundings, listener: AheadListener): Ahead | undefined {
    const last = choices.at(-1);
    return last && new Ahead(choices, last, surroundings, listener);
  }

  /** Milliseconds both sides may be silent; 0: as long as they like. */
  get idleTimeout(): number {
    return this.choices[0]?.chain.idleTimeout ?? 0;
  }

  /** Whether its endpoint may still speak. */
  get waits(): boolean {
    return !this.#failed && !this.#gone;
  }

  /** What was chosen for a chain's connection. */
  choiceOf(chain: Choice["chain"]): Choice | undefined {
    return this.choices.find((choice) => choice.chain === chain);
  }

  /** Whether it leads, or may come to lead, where this choice does. */
  leadsTo({ cluster, endpoint }: Choice): boolean {
    const last = this.choices.at(-1);
    return !this.#failed && last?.cluster === cluster && last.endpoint === endpoint;
  }

  /** Gives the connection away, with what was heard on it, as soon as it is there. */
  take(user: SocketUser, connecting: Connecting): void {
    if (this.#server) this.#give(this.#server, user, connecting);
    else this.#taker = { user, connecting };
  }

  /** Nobody wants it any more. */
  close(): void {
    this.release();
    this.#gone = true;
    if (!this.#server) return;
    this.#server.user = nobody;
    this.#server.destroy();
  }

  bytes(buffer: Buffer, start: number, end: number): void {
    const piece = copyOf(buffer, start, end);
    this.#said = this.#said ? Buffer.concat([this.#said, piece]) : piece;
    this.#server?.pause();
    this.#listener.heard();
  }

  ended(): void {
    this.#listener.heard();
  }

  closed(): void {
    this.#gone = true;
    this.#listener.heard();
  }

  drained(): void {
    // Nothing was written.
  }

  #connected(server: WireSocket): void {
    if (this.#gone) {
      server.user = nobody;
      return server.destroy();
    }
    this.#server = server;
    if (this.#taker) this.#give(server, this.#taker.user, this.#taker.connecting);
  }

  #fail(reason: string): void {
    this.release();
    this.#failed = true;
    if (this.#taker) this.#taker.connecting.failed(reason);
    else this.#listener.unreachable();
  }

  #give(server: WireSocket, user: SocketUser, connecting: Connecting): void {
    server.user = user;
    connecting.connected(server);
    server.resume();
    if (this.#said) user.bytes(this.#said, 0, this.#said.length);
    if (server.ended) user.ended();
    if (this.#gone) user.closed();
  }
}
