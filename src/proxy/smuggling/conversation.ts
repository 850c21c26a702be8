import { connect, type Socket } from "node:net";
import { readAnswers, type Answers } from "./answers.ts";

/** Milliseconds after which a conversation that does not go on has failed. */
const patience = 5000;

/** A client's connection: what it got so far, and how it ended. */
export class Conversation {
  got = "";
  ended: "open" | "end" | "reset" = "open";
  readonly #socket: Socket;
  readonly #toHead: (index: number, head: string) => boolean;
  #changed: () => void = () => undefined;

  constructor(port: number, toHead: (index: number, head: string) => boolean) {
    this.#toHead = toHead;
    this.#socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    this.#socket.setNoDelay(true);
    this.#socket.on("data", (bytes) => {
      this.got += bytes.latin1Slice();
      this.#changed();
    });
    this.#socket.on("end", () => {
      if (this.ended === "open") this.ended = "end";
      this.#socket.end();
      this.#changed();
    });
    // A write may meet a connection that was closed behind a refusal.
    this.#socket.on("error", () => {
      if (this.ended === "open") this.ended = "reset";
      this.#changed();
    });
  }

  get answers(): Answers {
    return readAnswers(this.got, this.#toHead);
  }

  write(text: string): void {
    this.#socket.write(text, "latin1");
  }

  /** Writes so many pieces, each in a packet of its own. */
  async writeInPieces(text: string, pieces: number): Promise<void> {
    const length = Math.ceil(text.length / pieces);
    for (let at = 0; at < text.length && this.ended === "open"; at += length) {
      this.write(text.slice(at, at + length));
      await new Promise((resolve) => void setImmediate(resolve));
    }
  }

  /** The client closes its own side. */
  finish(): void {
    this.#socket.end();
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    const late = Date.now() + patience;
    const timer = setInterval(() => this.#changed(), patience / 10);
    try {
      while (!holds()) {
        if (Date.now() > late) throw new Error(`never came: ${what}; got ${JSON.stringify(this.got)}`);
        await new Promise<void>((resolve) => {
          this.#changed = resolve;
        });
      }
    } finally {
      clearInterval(timer);
    }
  }

  /** Sends a request and waits for its answer; forgets what came before. */
  async ask(text: string): Promise<Answers["answers"]> {
    this.got = "";
    this.write(text);
    await this.until("an answer", () => this.answers.answers.length > 0 || this.ended !== "open");
    return this.answers.answers;
  }

  untilEnd(): Promise<void> {
    return this.until("the end", () => this.ended !== "open");
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
