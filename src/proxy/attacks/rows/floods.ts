import {
  block,
  continuation,
  data,
  endHeaders,
  endStream,
  frame,
  get,
  headers,
  open,
  ping,
  priority,
  request,
  rst,
  settings,
  types,
  update,
  whole,
} from "../frames.ts";
import { hex } from "../row.ts";

/** Frames without end that ask for work. */
export interface Flood {
  readonly what: string;
  readonly first: readonly Buffer[];
  /** What is sent again and again; `round` counts from 0. */
  readonly round: (round: number) => readonly Buffer[];
  /** The client is cut off before so many rounds. */
  readonly most: number;
}

const flood = (
  what: string,
  most: number,
  round: (round: number) => readonly Buffer[],
  ...first: readonly Buffer[]
): Flood => ({ what, first, round, most });

/** A request on a stream of its own each round. */
const id = (round: number) => round * 2 + 101;
/** What brings nothing may come a thousand times a second, and more once useful frames earned it. */
const idle = 20_000;
const posting = open(1, "/held");

export const floods: readonly Flood[] = [
  flood("PING", idle, () => [ping()]),
  flood("answers to PING", idle, () => [ping(1)]),
  flood("SETTINGS", idle, () => [settings([4, 70_000])]),
  flood("SETTINGS with as many entries as may be", idle, () => [
    settings(...Array.from({ length: 32 }, (_, value) => [4, value * 1000] as const)),
  ]),
  flood("SETTINGS that change the table", idle, (round) => [settings([1, round % 2 === 0 ? 0 : 4096])]),
  flood("PRIORITY", idle, (round) => [priority(id(round), 1)]),
  flood("PRIORITY of one stream", idle, () => [priority(1, 3)], posting),
  flood("WINDOW_UPDATE of the connection", idle, () => [update(0, 1)]),
  flood("WINDOW_UPDATE of a stream", idle, () => [update(1, 1)], get(1, "/held")),
  flood("WINDOW_UPDATE of a stream that is over", idle, () => [update(1, 1)], posting, rst(1)),
  flood("RST_STREAM of a stream that is over", idle, () => [rst(1)], posting, rst(1)),
  flood("GOAWAY", idle, () => [frame(types.goaway, 0, 0, 8)]),
  flood("unknown frames", idle, () => [frame(types.unknown, 0, 0, 1)]),
  flood("large unknown frames", idle, () => [frame(types.unknown, 0, 0, 16_384)]),
  flood("empty DATA", 10, () => [data(1, "")], posting),
  flood("padded empty DATA", 10, () => [frame(types.data, 8, 1, hex("01 00"))], posting),
  flood("empty trailers", 10, () => [headers(1, [], endHeaders)], posting),
  flood("empty CONTINUATION", 10, () => [continuation(1, 0, 0)], headers(1, request("GET", "/"), 1)),
  flood("CONTINUATION of an octet", 100, () => [continuation(1, hex("82"), 0)], headers(1, request("GET", "/"), 1)),
  flood("CONTINUATION of 2^14", 100, () => [continuation(1, 16_384, 0)], headers(1, request("GET", "/"), 1)),
  flood("requests that are reset", 5000, (round) => [get(id(round), "/held"), rst(id(round))]),
  flood("requests that are answered and reset", 5000, (round) => [get(id(round)), rst(id(round))]),
  flood("bodies that are reset", 5000, (round) => [open(id(round)), data(id(round), "x"), rst(id(round))]),
  flood("requests that we are made to reset by an update of 0", 5000, (round) => [
    get(id(round), "/held"),
    update(id(round), 0),
  ]),
  flood("requests that we are made to reset by a window too large", 5000, (round) => [
    get(id(round), "/held"),
    update(id(round), 2 ** 31 - 1),
  ]),
  flood("requests that we are made to reset by DATA behind the end", 5000, (round) => [
    get(id(round), "/held"),
    data(id(round), "x"),
  ]),
  flood("requests that we are made to reset by a wrong PRIORITY", 5000, (round) => [
    get(id(round), "/held"),
    priority(id(round), id(round)),
  ]),
  flood("malformed requests", 5000, (round) => [headers(id(round), ["x", "y"])]),
  flood("requests above the number that may be open", idle, (round) => [get(id(round), "/held")]),
];

/** An entry of nearly 4 KB in the table, named 16 000 times in one block: 64 MB of fields from 20 KB. */
export const bomb = (stream: number): readonly Buffer[] => {
  const entry = Buffer.concat([hex("40 01 78 7f 81 1e"), Buffer.alloc(3968, "y")]);
  const start = Buffer.concat([block(request("GET", "/")), entry]);
  return [frame(types.headers, endStream, stream, start), continuation(stream, Buffer.alloc(16_000, 0xbe))];
};

/** The same, of an entry that stands in the table already. */
export const laterBomb = (stream: number): readonly Buffer[] => [
  frame(types.headers, whole, stream, Buffer.concat([block(request("GET", "/")), Buffer.alloc(16_000, 0xbe)])),
];
