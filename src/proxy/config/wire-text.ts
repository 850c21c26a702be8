/**
 * Configured text as it stands in a head, one character a byte: UTF-8, as Envoy sends it. A character beyond a byte would
 * lose its upper half on the way, and could end the line. Throws on control characters.
 */
export function onTheWire(text: string): string {
  const bytes = Buffer.from(text, "utf8").latin1Slice();
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(bytes)) throw new RangeError(`${JSON.stringify(text)} holds a control character`);
  return bytes;
}

/** Configured text that becomes part of a path or of an authority: printable ASCII without spaces, the rest as percent escapes. */
export function inTarget(text: string): string {
  return onTheWire(text).replace(
    /[^\x21-\x7e]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
