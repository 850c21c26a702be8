import type { Chance } from "../../base/index.ts";
import type { ServiceAddresses, SocketAddress } from "../contract.ts";
import { endpointKey } from "./endpoint.ts";

/** Where a connection goes whose caller chose a service's address, and whose rules leave it at that: what kube-proxy is elsewhere. */
export class ServiceTable {
  readonly #chance: Chance;
  #services: ServiceAddresses = {};

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  set(services: ServiceAddresses): void {
    this.#services = services;
  }

  /** One of the workloads behind the address, each as likely; undefined when it is no service's. */
  behind({ address, port }: SocketAddress): SocketAddress | undefined {
    const found = this.#services[endpointKey(address, port)];
    return found?.[Math.floor(this.#chance() * found.length)];
  }
}
