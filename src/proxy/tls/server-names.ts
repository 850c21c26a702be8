/** Whether a certificate's name covers a name asked for (RFC 6125 §6.4.3): `*` stands for the whole first label only. Both in lower case. */
export function dnsNameFits(pattern: string, name: string): boolean {
  if (pattern === name) return true;
  if (!pattern.startsWith("*.")) return false;
  const dot = name.indexOf(".");
  return dot > 0 && pattern.length > 2 && name.slice(dot) === pattern.slice(1);
}
