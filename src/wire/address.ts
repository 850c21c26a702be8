import { isIP } from "node:net";

/** Four bytes as IPv4, sixteen as IPv6 the way systems print it: the longest run of zeros left out (RFC 5952). */
export function printAddress(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index));
  let [start, longest] = [-1, 1];
  for (let from = 0; from < 8; from += 1) {
    let to = from;
    while (groups[to] === 0) to += 1;
    if (to - from > longest) [start, longest] = [from, to - from];
  }
  const hex = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  return start === -1 ? hex(0, 8) : `${hex(0, start)}::${hex(start + longest, 8)}`;
}

/** The four or sixteen bytes of an address, which must be one. */
export function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail = ""] = address.split("::").map(groupBytes);
  const before = Buffer.from(head, "hex");
  const after = Buffer.from(tail, "hex");
  return Buffer.concat([before, Buffer.alloc(16 - before.length - after.length), after]);
}

/** `1:a:0.0.0.2` → `0001000a00000002`. */
function groupBytes(text: string): string {
  if (text === "") return "";
  return text
    .split(":")
    .map((group) => (group.includes(".") ? addressBytes(group).toString("hex") : group.padStart(4, "0")))
    .join("");
}
