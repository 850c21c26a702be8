/** Host names as rules write them, and how well they fit. */
const clusterDomain = "cluster.local";

/** A rule's host in full: names without a dot belong to the rule's namespace; anything with a dot is taken as it is. */
export function fullHost(host: string, namespace: string): string {
  const name = host.toLowerCase();
  if (name === "*" || name === "" || name.includes(".") || name.includes(":")) return name;
  return serviceHost(name, namespace);
}

/** `reviews` in `default` → `reviews.default.svc.cluster.local`. */
export function serviceHost(name: string, namespace: string): string {
  return `${name}.${namespace}.svc.${clusterDomain}`;
}

/** The name of a gateway a rule lists, as `namespace/name`; `mesh` stays. */
export function fullGateway(name: string, namespace: string): string {
  if (name === "mesh") return name;
  const [first, second] = name.split("/");
  if (second === undefined) return `${namespace}/${name}`;
  return first === "." ? `${namespace}/${second}` : name;
}

/** How well a pattern fits a host: 0 not at all, larger is more specific; an exact name beats every wildcard. */
export function hostFit(pattern: string, host: string): number {
  if (pattern === host) return Number.MAX_SAFE_INTEGER;
  if (pattern === "*") return 1;
  if (!pattern.startsWith("*")) return 0;
  const suffix = pattern.slice(1);
  const bare = host.startsWith("*") ? host.slice(1) : host;
  return bare.endsWith(suffix) && (bare.length > suffix.length || host.startsWith("*")) ? 1 + suffix.length : 0;
}

/** What two host patterns have in common: the narrower of the two, or nothing. */
export function hostIntersection(one: string, other: string): string | undefined {
  if (hostFit(one, other) > 0) return other;
  return hostFit(other, one) > 0 ? one : undefined;
}

/** Whether every wanted label is there with that value. */
export function selects(
  wanted: Readonly<Record<string, string>> | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  for (const [key, value] of Object.entries(wanted ?? {})) if (labels[key] !== value) return false;
  return true;
}
