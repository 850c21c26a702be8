import { typeUrls, type ResourceKind, type ResourceSet } from "./discovery.ts";

/** What is added or changed goes out in this order and what is removed in the reverse: make before break. */
export const pushOrder: readonly ResourceKind[] = ["cluster", "endpoint", "listener", "route", "names"];

const kinds = new Map<string, ResourceKind>(pushOrder.map((kind) => [typeUrls[kind], kind]));

export function kindOf(typeUrl: string): ResourceKind | undefined {
  return kinds.get(typeUrl);
}

/** A set with nothing in it. */
export const noResources: ResourceSet = {
  listener: new Map(),
  route: new Map(),
  cluster: new Map(),
  endpoint: new Map(),
  names: new Map(),
};
