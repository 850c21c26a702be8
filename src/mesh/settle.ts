import { keyOf, type DestinationRule, type VirtualService } from "../model/index.ts";
import type { MeshInput } from "./input.ts";
import { fullHost, hostFit, selects, serviceHost } from "./names.ts";
import { destinationsOf } from "./virtual-service.ts";

/** When each reference that leads nowhere was first seen (milliseconds, by reference). */
export type SettleState = ReadonlyMap<string, number>;

export interface Settled {
  /** What takes effect now. */
  readonly input: MeshInput;
  readonly state: SettleState;
  /** When to ask again even if nothing changes. */
  readonly wakeAt: number | undefined;
}

/** How long a change waits for the other half of it. */
export const settleLimit = 2000;

export const emptySettleState: SettleState = new Map();

/**
 * Makes before it breaks: of the change from `effective` to `wanted`, all takes effect but what would make a
 * VirtualService in force lead nowhere (a subset that no DestinationRule defines or that has no endpoint, a host
 * nobody has). There the older version of the VirtualService, or of the DestinationRule, stays until the reference
 * resolves or `settleLimit` has passed since it was first seen. What leads nowhere already is not held up.
 */
export function settle(
  effective: MeshInput | undefined,
  wanted: MeshInput,
  state: SettleState = emptySettleState,
  now: number,
): Settled {
  if (effective === undefined) return { input: wanted, state: emptySettleState, wakeAt: undefined };
  const before = new Targets(effective);
  const known = new Set(effective.virtualServices.flatMap((routing) => danglingKeys(routing, before)));
  const seen = new Map<string, number>();
  let wakeAt: number | undefined;
  let input = wanted;
  // Each round puts back at least one older object, so the rounds end.
  const rounds = wanted.virtualServices.length + effective.destinationRules.length + 1;
  for (let round = 0; round < rounds; round++) {
    const targets = new Targets(input);
    let next = input;
    for (const routing of input.virtualServices) {
      for (const reference of dangling(routing, targets)) {
        const first = state.get(reference.key) ?? seen.get(reference.key) ?? now;
        seen.set(reference.key, first);
        if (now - first >= settleLimit || (known.has(reference.key) && !state.has(reference.key))) continue;
        const held = holdRules(next, effective, reference) ?? holdRouting(next, effective, routing);
        if (held === undefined) continue;
        next = held;
        wakeAt = Math.min(wakeAt ?? Infinity, first + settleLimit);
      }
    }
    if (next === input) break;
    input = next;
  }
  return { input, state: seen, wakeAt };
}

interface Reference {
  readonly key: string;
  readonly host: string;
  readonly subset: string | undefined;
}

function dangling(routing: VirtualService, targets: Targets): Reference[] {
  return destinationsOf(routing)
    .filter((destination) => !targets.has(destination.host, destination.subset))
    .map((destination) => ({
      ...destination,
      key: `${keyOf(routing)} → ${destination.host}|${destination.subset ?? ""}`,
    }));
}

function danglingKeys(routing: VirtualService, targets: Targets): string[] {
  return dangling(routing, targets).map((reference) => reference.key);
}

/** Puts back the DestinationRules that defined the subset, where `wanted` changed or deleted them. */
function holdRules(input: MeshInput, effective: MeshInput, reference: Reference): MeshInput | undefined {
  if (reference.subset === undefined) return undefined;
  const present = new Set(input.destinationRules);
  const old = effective.destinationRules.filter(
    (rule) => !present.has(rule) && defines(rule, reference.host, reference.subset),
  );
  if (old.length === 0) return undefined;
  const keys = new Set(old.map(keyOf));
  return { ...input, destinationRules: [...input.destinationRules.filter((rule) => !keys.has(keyOf(rule))), ...old] };
}

/** Puts back the VirtualService in force, or leaves a new one out. */
function holdRouting(input: MeshInput, effective: MeshInput, routing: VirtualService): MeshInput | undefined {
  if (!input.virtualServices.includes(routing)) return undefined;
  const old = effective.virtualServices.find((object) => keyOf(object) === keyOf(routing));
  if (old === routing) return undefined;
  return {
    ...input,
    virtualServices: input.virtualServices.flatMap((object) =>
      object === routing ? (old === undefined ? [] : [old]) : [object],
    ),
  };
}

function defines(rule: DestinationRule, host: string, subset: string | undefined): boolean {
  return (
    hostFit(fullHost(rule.spec.host, rule.metadata.namespace ?? "default"), host) > 0 &&
    (rule.spec.subsets ?? []).some((entry) => entry.name === subset)
  );
}

/** What an input offers as destinations. */
class Targets {
  readonly #input: MeshInput;
  readonly #hosts: readonly string[];
  readonly #answers = new Map<string, boolean>();

  constructor(input: MeshInput) {
    this.#input = input;
    this.#hosts = [
      ...input.services.map((service) =>
        serviceHost(service.metadata.name ?? "", service.metadata.namespace ?? "default"),
      ),
      ...input.serviceEntries.flatMap((entry) => entry.spec.hosts.map((host) => host.toLowerCase())),
    ];
  }

  has(host: string, subset: string | undefined): boolean {
    const key = `${host}|${subset ?? ""}`;
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = this.#hosts.some((offered) => hostFit(offered, host) > 0) && this.#hasSubset(host, subset);
    this.#answers.set(key, answer);
    return answer;
  }

  #hasSubset(host: string, subset: string | undefined): boolean {
    if (subset === undefined) return true;
    const rules = this.#input.destinationRules.filter((rule) => defines(rule, host, subset));
    if (rules.length === 0) return false;
    const services = this.#input.services.filter(
      (service) => serviceHost(service.metadata.name ?? "", service.metadata.namespace ?? "default") === host,
    );
    // Endpoints of a ServiceEntry are part of it and come with it.
    if (services.length === 0) return true;
    const wanted = rules.flatMap((rule) => (rule.spec.subsets ?? []).filter((entry) => entry.name === subset));
    const labels = services.flatMap((service) => this.#readyLabels(keyOf(service)));
    return wanted.some((entry) => labels.some((own) => selects(entry.labels, own)));
  }

  #readyLabels(service: string): Readonly<Record<string, string>>[] {
    const pods = new Map(this.#input.pods.map((pod) => [keyOf(pod), pod]));
    return this.#input.endpointSlices
      .filter((slice) => {
        const name = slice.metadata.labels?.["kubernetes.io/service-name"] ?? "";
        return `${slice.metadata.namespace ?? "default"}/${name}` === service;
      })
      .flatMap((slice) =>
        (slice.endpoints ?? []).flatMap((endpoint) => {
          if (endpoint.conditions?.ready === false || endpoint.targetRef === undefined) return [];
          const namespace = endpoint.targetRef.namespace ?? slice.metadata.namespace ?? "default";
          const pod = pods.get(`${namespace}/${endpoint.targetRef.name ?? ""}`);
          return pod === undefined ? [] : [pod.metadata.labels ?? {}];
        }),
      );
  }
}
