import { isIP } from "node:net";
import { addressBytes } from "./address.ts";
import { signature, type ProxiedEnd, type ProxiedEnds } from "./proxy-protocol.ts";

/** The header of a connection made for others; without ends, of one that its maker speaks on itself. */
export function printProxyHeader(version: 1 | 2, ends: ProxiedEnds | undefined): Buffer {
  const [source, destination] = ends ? sameFamily(ends) : [];
  return version === 1 ? printLine(source, destination) : printBinary(source, destination);
}

function printLine(source: ProxiedEnd | undefined, destination: ProxiedEnd | undefined): Buffer {
  if (!source || !destination) return Buffer.from("PROXY UNKNOWN\r\n");
  const family = isIP(source.address) === 4 ? "TCP4" : "TCP6";
  return Buffer.from(`PROXY ${family} ${source.address} ${destination.address} ${source.port} ${destination.port}\r\n`);
}

function printBinary(source: ProxiedEnd | undefined, destination: ProxiedEnd | undefined): Buffer {
  if (!source || !destination) return Buffer.concat([signature, Buffer.from([0x20, 0, 0, 0])]);
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(source.port, 0);
  ports.writeUInt16BE(destination.port, 2);
  const body = Buffer.concat([addressBytes(source.address), addressBytes(destination.address), ports]);
  return Buffer.concat([signature, Buffer.from([0x21, body.length === 12 ? 0x11 : 0x21, 0, body.length]), body]);
}

/** Both ends in one family: IPv4 where both are, however written; otherwise IPv4 mapped into IPv6. */
function sameFamily({ source, destination }: ProxiedEnds): readonly ProxiedEnd[] {
  const plain = [source, destination].map((end) => ({ ...end, address: plainAddress(end.address) }));
  if (plain.every(({ address }) => isIP(address) === 4)) return plain;
  return plain.map((end) => (isIP(end.address) === 4 ? { ...end, address: `::ffff:${end.address}` } : end));
}

/** `::ffff:1.2.3.4` is 1.2.3.4; a scope means nothing elsewhere. */
function plainAddress(address: string): string {
  const four = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return four ?? address.replace(/%.*$/, "");
}
