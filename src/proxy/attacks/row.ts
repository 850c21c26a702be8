import { endHeaders, headers, open, request } from "./frames.ts";

/**
 * What a client breaks, what it sends behind its preface and SETTINGS, and what it is told: `goaway CODE`, after which the
 * connection ends; `rst STREAM CODE`, or "" for nothing, and then the connection serves on; `closed`: the connection ends
 * without a word of HTTP/2. A step that is text waits until what came on the stream of that number has ended.
 */
export type Row = readonly [rule: string, steps: readonly (Buffer | string)[], told: string];

/** A request whose answer never comes, and one whose body is still to come. */
export const held: Buffer = headers(1, request("GET", "/held"));
export const posting: Buffer = open(1);
/** A request that was answered. */
export const answered: readonly (Buffer | string)[] = [headers(1, request("GET", "/")), "1"];
/** A stream we reset: its trailers carry a pseudo-field. */
export const resetByUs: readonly Buffer[] = [posting, headers(1, [":path", "/"], endHeaders | 1)];
export const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(" ", ""), "hex");
