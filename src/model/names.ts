const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const qualified = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

/** RFC 1123 label: lower-case letters, digits and `-`, at most 63. */
export const isDnsLabel = (value: string): boolean => value.length <= 63 && label.test(value);

/** RFC 1123 subdomain: labels joined by dots, at most 253 characters. */
export const isDnsSubdomain = (value: string): boolean =>
  value.length <= 253 && value.split(".").every((part) => label.test(part));

/** `[prefix/]name` as label and annotation keys are. */
export function isLabelKey(value: string): boolean {
  const parts = value.split("/");
  const name = parts.at(-1) ?? "";
  if (parts.length > 2 || name.length > 63 || !qualified.test(name)) return false;
  return parts.length === 1 || isDnsSubdomain(parts[0] ?? "");
}

export const isLabelValue = (value: string): boolean => value === "" || (value.length <= 63 && qualified.test(value));

const isIpv4 = (value: string): boolean =>
  /^\d{1,3}(\.\d{1,3}){3}$/.test(value) && value.split(".").every((part) => Number(part) <= 255);

function isIpv6(value: string): boolean {
  if (!/^[0-9a-fA-F:.]+$/.test(value) || !value.includes(":")) return false;
  const halves = value.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  let count = 0;
  for (const [index, group] of groups.entries()) {
    if (isIpv4(group) && index === groups.length - 1) count += 2;
    else if (/^[0-9a-fA-F]{1,4}$/.test(group)) count += 1;
    else return false;
  }
  return halves.length === 2 ? count <= 7 : count === 8;
}

export const isIp = (value: string): boolean => isIpv4(value) || isIpv6(value);

/** An address with a prefix length. */
export function isCidr(value: string): boolean {
  const parts = /^([^/]+)\/(\d{1,3})$/.exec(value);
  const [, address = "", length] = parts ?? [];
  return (isIpv4(address) && Number(length) <= 32) || (isIpv6(address) && Number(length) <= 128);
}

/** A fully qualified or short domain name; letters of either case and `_`, as Istio allows. */
export const isDomain = (value: string): boolean =>
  value.length <= 255 &&
  value.split(".").every((part) => /^[A-Za-z0-9_]([-A-Za-z0-9_]{0,61}[A-Za-z0-9_])?$/.test(part));

/** A domain, `*`, or `*.` before a domain. */
export const isWildcardDomain = (value: string): boolean =>
  value === "*" || isDomain(value.startsWith("*.") ? value.slice(2) : value);

/** Whether some name is matched by both hosts. */
export function hostsOverlap(one: string, other: string): boolean {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  if (a === b || a === "*" || b === "*") return true;
  if (a.startsWith("*") && b.startsWith("*")) return a.endsWith(b.slice(1)) || b.endsWith(a.slice(1));
  if (a.startsWith("*")) return b.endsWith(a.slice(1));
  return b.startsWith("*") && a.endsWith(b.slice(1));
}

/** Whether every name `inner` matches is matched by `outer`. */
export function hostCovers(outer: string, inner: string): boolean {
  if (outer === "*") return true;
  return outer.startsWith("*") ? inner.endsWith(outer.slice(1)) : outer === inner;
}
