import type { Nack, ResourceKind, ResourceSet } from "../xds/index.ts";

interface Refused {
  readonly node: string;
  readonly kind: ResourceKind;
  readonly name: string;
  readonly resource: unknown;
  readonly reason: string;
}

/** What proxies refused and still would: a resource that has changed since is no longer refused. */
export class Refusals {
  readonly #known = new Map<string, Refused>();
  readonly #resources: (node: string) => ResourceSet | undefined;

  constructor(resources: (node: string) => ResourceSet | undefined) {
    this.#resources = resources;
  }

  add({ node, kind, detail, names }: Nack): void {
    const reasons = new Map(
      detail.split("\n").map((line) => {
        const colon = line.indexOf(": ");
        return [line.slice(0, colon), line.slice(colon + 2)] as const;
      }),
    );
    for (const name of names) {
      const reason = reasons.get(name);
      if (reason === undefined) continue;
      const resource = this.#resources(node.id)?.[kind].get(name);
      this.#known.set(`${node.id} ${kind} ${name}`, { node: node.id, kind, name, resource, reason });
    }
  }

  /** A sentence each. */
  list(): string[] {
    const sentences: string[] = [];
    for (const [key, { node, kind, name, resource, reason }] of this.#known) {
      if (this.#resources(node)?.[kind].get(name) === resource) sentences.push(`${kind} ${name} of ${node}: ${reason}`);
      else this.#known.delete(key);
    }
    return sentences;
  }
}
