import { kinds } from "../kinds.ts";
import { hostCovers } from "../names.ts";
import type { Loose } from "../rules/rule.ts";
import type { Service } from "../schema/service.ts";
import type { Given, Placed } from "./given.ts";

/** A host that rules may route to. */
export interface KnownHost {
  readonly host: string;
  readonly ports: readonly number[];
  /** Absent for a ServiceEntry. */
  readonly service?: Placed<Service>;
}

/** A name without a dot belongs to the rule's namespace; anything with a dot is taken as it is. */
export function fullHost(host: string, namespace: string): string {
  const name = host.toLowerCase();
  return name === "*" || /[.:]/.test(name) ? name : `${name}.${namespace}.svc.cluster.local`;
}

/** The hosts of all Services and ServiceEntries. */
export function knownHosts(given: Given): readonly KnownHost[] {
  const numbers = (ports: readonly (number | undefined)[]) => ports.filter((port) => port !== undefined);
  return [
    ...given.of(kinds.Service).map((service) => ({
      host: fullHost(service.name, service.namespace),
      ports: numbers((service.object.spec?.ports ?? []).map(({ port }) => port)),
      service,
    })),
    ...given.of(kinds.ServiceEntry).flatMap(({ object: { spec } }) =>
      (spec?.hosts ?? []).map((host) => ({
        host: host.toLowerCase(),
        ports: numbers((spec?.ports ?? []).map((port: Loose<{ number: number }>) => port.number)),
      })),
    ),
  ];
}

/** The known host a rule's host leads to; an exact name comes before a wildcard. */
export function leadsTo(hosts: readonly KnownHost[], full: string): KnownHost | undefined {
  return (
    hosts.find(({ host }) => host === full) ??
    hosts.find(({ host }) => hostCovers(host, full)) ??
    // A rule for many hosts leads to each of them.
    hosts.find(({ host }) => full.startsWith("*") && hostCovers(full, host))
  );
}
