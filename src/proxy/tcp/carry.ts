import type { Endpoint, TcpChain } from "../config/contract.ts";
import type { Surroundings } from "../http/surroundings.ts";
import type { WireSocket } from "../net/socket.ts";
import type { Ahead } from "./ahead.ts";
import { choose, type Choice } from "./choice.ts";
import { dial } from "./dial.ts";
import { record } from "./record.ts";
import { Relay, type Break } from "./relay.ts";
import type { Carried } from "./tcp-proxy.ts";

/** Carries a connection to the endpoint that was chosen, or to another where that one cannot be reached and the chain tries more. */
export function carry(carried: Carried, choice: Choice, surroundings: Surroundings): void {
  new Carriage(carried, choice, surroundings).begin(carried.ahead);
}

class Carriage {
  readonly #carried: Carried;
  readonly #chain: TcpChain;
  readonly #surroundings: Surroundings;
  readonly #relay: Relay;
  readonly #start: number;
  readonly #tried: Endpoint[] = [];
  #choice: Choice;
  #release: () => void = () => undefined;
  #server: WireSocket | undefined;
  #upstreamLocal = "";
  #flags: "" | "UF" | "UF,URX" = "";
  #failure = "";

  constructor(carried: Carried, choice: Choice, surroundings: Surroundings) {
    this.#carried = carried;
    this.#chain = carried.chain;
    this.#choice = choice;
    this.#surroundings = surroundings;
    this.#start = surroundings.ticker.now();
    const { idleTimeout, maxDuration } = carried.chain;
    this.#relay = new Relay({
      client: carried.socket,
      first: carried.first,
      idleTimeout,
      maxDuration,
      series: carried.series,
      surroundings,
      over: (sent, received, broken) => this.#over(sent, received, broken),
    });
  }

  begin(ahead: Ahead | undefined): void {
    if (!ahead?.leadsTo(this.#choice)) {
      ahead?.close();
      return this.#dial();
    }
    this.#release = ahead.release;
    ahead.take(this.#relay.serverSide, this.#connecting);
  }

  readonly #connecting = {
    connected: (server: WireSocket) => {
      this.#server = server;
      this.#upstreamLocal = server.local;
      this.#relay.connected(server);
    },
    failed: (reason: string) => this.#failed(reason),
  };

  #dial(): void {
    this.#release = dial(this.#choice, this.#surroundings, this.#relay.serverSide, this.#connecting);
  }

  #failed(reason: string): void {
    this.#release();
    this.#failure = reason;
    this.#flags = "UF";
    const { endpoint } = this.#choice;
    this.#tried.push(endpoint);
    const { socket, origin } = this.#carried;
    if (this.#tried.length < this.#chain.connectAttempts && !socket.closed) {
      const next = choose(this.#chain, origin, this.#surroundings, this.#tried);
      if ("endpoint" in next) {
        this.#choice = next;
        return this.#dial();
      }
    }
    this.#flags = "UF,URX";
    this.#relay.failed();
  }

  #over(sent: number, received: number, broken: Break | undefined): void {
    this.#release();
    const { cluster, endpoint } = this.#choice;
    const own = this.#server && broken ? flagOf[broken] : "";
    record(this.#carried, {
      cluster,
      endpoint,
      upstreamLocal: this.#upstreamLocal,
      sent,
      received,
      flags: [this.#flags, own].filter((flag) => flag !== "").join(","),
      failure: this.#failure,
      milliseconds: this.#surroundings.ticker.now() - this.#start,
    });
  }
}

const flagOf: Readonly<Record<Break, string>> = { "by the endpoint": "UR", "too long": "DT" };
