import type { DestinationRule } from "../model/index.ts";
import { fullHost, hostFit } from "./names.ts";
import type { Reuse } from "./reuse.ts";
import { olderFirst, type MeshService } from "./service.ts";
import { visibilityOf, visibleIn, type Visibility } from "./visibility.ts";

type TrafficPolicy = NonNullable<DestinationRule["spec"]["trafficPolicy"]>;
export type Subset = NonNullable<DestinationRule["spec"]["subsets"]>[number];

/** What a policy says of one port, block by block. */
export type PortPolicy = Pick<
  TrafficPolicy,
  "loadBalancer" | "connectionPool" | "outlierDetection" | "tls" | "proxyProtocol"
>;

/** The DestinationRules of one host, namespace and visibility, as one: subsets together, the oldest policy. */
export interface MergedRule {
  readonly host: string;
  readonly namespace: string;
  readonly visibility: Visibility;
  readonly policy: TrafficPolicy | undefined;
  readonly subsets: readonly Subset[];
  /** The oldest of them. */
  readonly source: DestinationRule;
  readonly sources: readonly DestinationRule[];
}

export function mergeRules(rules: readonly DestinationRule[], reuse: Reuse): readonly MergedRule[] {
  const groups = new Map<string, DestinationRule[]>();
  for (const rule of rules.toSorted(olderFirst)) {
    const namespace = rule.metadata.namespace ?? "default";
    const scope = (rule.spec.exportTo ?? []).toSorted().join(",");
    const key = `${namespace} ${fullHost(rule.spec.host, namespace)} ${scope}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [rule]);
    else group.push(rule);
  }
  const merged = [...groups].map(([key, group]) => reuse.get(`rule ${key}`, group, () => mergeGroup(group)));
  return reuse.get("rules", merged, () => merged);
}

function mergeGroup(group: readonly DestinationRule[]): MergedRule {
  const source = group[0];
  if (source === undefined) throw new Error("a group of rules is never empty");
  const namespace = source.metadata.namespace ?? "default";
  const subsets = new Map<string, Subset>();
  for (const rule of group) {
    for (const subset of rule.spec.subsets ?? []) if (!subsets.has(subset.name)) subsets.set(subset.name, subset);
  }
  return {
    host: fullHost(source.spec.host, namespace),
    namespace,
    visibility: visibilityOf(source.spec.exportTo, namespace),
    policy: group.find((rule) => rule.spec.trafficPolicy !== undefined)?.spec.trafficPolicy,
    subsets: [...subsets.values()],
    source,
    sources: group,
  };
}

/**
 * The rule a client in `namespace` follows for a service: the client's own namespace first (even with a wildcard),
 * then the service's, then the root's; within one the most specific host.
 */
export function ruleFor(
  rules: readonly MergedRule[],
  service: MeshService,
  namespace: string,
  rootNamespace: string,
): MergedRule | undefined {
  const exported = (rule: MergedRule) => visibleIn(rule.visibility, namespace);
  const tiers = [
    (rule: MergedRule) => rule.namespace === namespace && (namespace !== rootNamespace || !rule.visibility.everyone),
    (rule: MergedRule) => rule.namespace === service.namespace && exported(rule),
    (rule: MergedRule) => rule.namespace === rootNamespace && exported(rule),
  ];
  for (const tier of tiers) {
    let best: MergedRule | undefined;
    for (const rule of rules) {
      if (hostFit(rule.host, service.host) === 0 || !tier(rule)) continue;
      if (best === undefined || hostFit(rule.host, service.host) > hostFit(best.host, service.host)) best = rule;
    }
    if (best !== undefined) return best;
  }
  return undefined;
}

/**
 * What holds for one port and subset: the subset's blocks before the rule's; settings of the port stand alone, what
 * they leave out is the built-in default.
 */
export function effectivePolicy(rule: MergedRule | undefined, port: number, subset: Subset | undefined): PortPolicy {
  const base = forPort(rule?.policy, port);
  const own = subset?.trafficPolicy;
  if (own === undefined) return base;
  const alone = own.portLevelSettings?.find((settings) => settings.port?.number === port);
  return alone === undefined ? { ...base, ...blocks(own) } : blocks(alone);
}

function forPort(policy: TrafficPolicy | undefined, port: number): PortPolicy {
  const alone = policy?.portLevelSettings?.find((settings) => settings.port?.number === port);
  return blocks(alone ?? policy ?? {});
}

function blocks(policy: PortPolicy): PortPolicy {
  return {
    ...(policy.loadBalancer === undefined ? {} : { loadBalancer: policy.loadBalancer }),
    ...(policy.connectionPool === undefined ? {} : { connectionPool: policy.connectionPool }),
    ...(policy.outlierDetection === undefined ? {} : { outlierDetection: policy.outlierDetection }),
    ...(policy.tls === undefined ? {} : { tls: policy.tls }),
    // Not among the settings of a port: where those stand, it is gone.
    ...(policy.proxyProtocol === undefined ? {} : { proxyProtocol: policy.proxyProtocol }),
  };
}
