// On the path of every gRPC request.
import { forbiddenInTrailers } from "../trailers.ts";
import { isConnectionField } from "./regular-fields.ts";

/**
 * Trailers of a decoded field list that a peer may be given: name, value, name, value … Those that must stand in a head
 * are dropped. Undefined: the message is malformed (RFC 9113 §8.1).
 */
export function readTrailers(fields: readonly string[]): string[] | undefined {
  const trailers: string[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? "";
    const value = fields[index + 1] ?? "";
    if (name === "" || name.startsWith(":") || isConnectionField(name)) return undefined;
    if (!forbiddenInTrailers(name)) trailers.push(name, value);
  }
  return trailers;
}
