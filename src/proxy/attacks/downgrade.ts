import { data, endHeaders, endStream, headers, request } from "./frames.ts";

/**
 * What a client says by HTTP/2 on stream 1 so that an endpoint of HTTP/1.1 may take it for more than one request, and what
 * becomes of it: `rst 1 CODE`, a status of ours, or the one request that reaches the endpoint: `METHOD target`, then a
 * space and its body where there is one. `sends`: what its bytes look like.
 */
export interface Downgrade {
  readonly what: string;
  readonly frames: readonly Buffer[];
  readonly fate: string;
  readonly sends?: RegExp;
  /** It is refused only once this request was whole, and may have left. */
  readonly mayReach?: string;
  /** Not every server knows its method or its upgrade. */
  readonly odd?: true;
}

type More = Pick<Downgrade, "sends" | "mayReach" | "odd">;

export const smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
export const malformed = "rst 1 1";

export const row = (what: string, frames: readonly Buffer[], fate: string, more: More = {}): Downgrade => ({
  what,
  frames,
  fate,
  ...more,
});
export const asked = (what: string, fields: readonly string[], fate = malformed, more: More = {}) =>
  row(what, [headers(1, fields)], fate, more);
/** A POST with these fields and this body, in one DATA frame. */
export const posted = (what: string, fields: readonly string[], body: string, fate = malformed, more: More = {}) =>
  row(what, [headers(1, request("POST", "/first", ...fields), endHeaders), data(1, body, endStream)], fate, more);
export const field = (what: string, name: string, value: string, fate = malformed, more: More = {}) =>
  posted(what, [name, value], "abc", fate, more);
export const absent = (...names: readonly string[]) => new RegExp(`^(?![^]*\r\n(?:${names.join("|")}):)`, "i");
export const body = "POST /first abc";
