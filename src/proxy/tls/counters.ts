import type { Counter, Family, Registry } from "../../metrics/index.ts";
import type { Distrust } from "./peer-rules.ts";

/** What is counted of handshakes, by Envoy's names. */
type Counted = "connection_error" | "handshake" | "session_reused" | "no_certificate" | Distrust["counter"];

export interface TlsCounters {
  count(what: Counted): void;
}

const described: Readonly<Record<Counted, string>> = {
  connection_error: "Connections that broke before their handshake was over.",
  handshake: "Handshakes that succeeded.",
  session_reused: "Handshakes that took up an earlier session.",
  no_certificate: "Handshakes in which the peer showed no certificate.",
  fail_verify_no_cert: "Peers refused because they showed no certificate.",
  fail_verify_error: "Peers refused because their certificate is not trusted.",
  fail_verify_san: "Peers refused because of their certificate's names.",
  fail_verify_cert_hash: "Peers refused because of their certificate's hash.",
};

/** Envoy's `ssl` counters of listeners and clusters. */
export class TlsStatistics {
  readonly #families: Readonly<Record<"listener" | "cluster", (what: Counted) => Family<Counter>>>;

  constructor(registry: Registry) {
    const familiesOf = (side: "listener" | "cluster", label: string) => {
      const made = new Map<Counted, Family<Counter>>();
      return (what: Counted) => {
        let family = made.get(what);
        if (!family) {
          const name = `envoy_${side}_ssl_${what}`;
          family = registry.counter({ name, help: described[what], labels: [label] });
          made.set(what, family);
        }
        return family;
      };
    };
    this.#families = {
      listener: familiesOf("listener", "envoy_listener_address"),
      cluster: familiesOf("cluster", "envoy_cluster_name"),
    };
  }

  of(side: "listener" | "cluster", name: string): TlsCounters {
    return { count: (what) => this.#families[side](what).with(name).add() };
  }
}
