import { block, frame, request, types, whole } from "../frames.ts";
import { hex, posting, type Row } from "../row.ts";

/** `GET http://a/held`, of which HPACK remembers nothing. */
const asked = block(request("GET", "/held"));
/** Adds `x: y` to the table. */
const added = hex("4001780179");

/** What a field block may not say (RFC 7541): each is the end of the connection, for the tables are lost. */
const errors: readonly (readonly [what: string, block: Buffer])[] = [
  ["index 0", hex("80")],
  ["an index behind the static table", hex("be")],
  ["an index behind the dynamic table", Buffer.concat([added, hex("bf")])],
  ["a far index", hex("ff ff ff 07")],
  ["an index of an entry that was never added", hex("0001780179 be")],
  ["an index of an entry never to be added", hex("1001780179 be")],
  ["an index of an entry that size 0 drove out", Buffer.concat([hex("20"), added, hex("be")])],
  ["a name's index behind the table, added", hex("7e 0179")],
  ["a name's index behind the table, not added", hex("0f 2f 0179")],
  ["a name's index behind the table, never to be added", hex("1f 2f 0179")],
  ["an index cut off", hex("ff")],
  ["an index cut off behind an octet", hex("ff 80")],
  ["an index of 2^31", hex("ff 81 ff ff ff 07")],
  ["an index of 2^64", hex("ff ff ff ff ff ff ff ff ff ff 01")],
  ["an index with zeros without end", hex("ff 80 80 80 80 80 80 80 80 80 00")],
  ["a string of 2^31", hex("00 01 78 7f 81 ff ff ff 07")],
  ["a string whose length wraps around", hex("00 01 78 7f 82 ff ff ff 0f 79")],
  ["a name cut off", hex("00 05 78 78")],
  ["a name that is missing", hex("40")],
  ["a value that is missing", hex("40 01 78")],
  ["a value cut off", hex("40 01 78 05 79")],
  ["a Huffman string cut off", hex("40 01 78 82 f1")],
  ["Huffman padding of zeros", hex("00 01 78 81 18")],
  ["Huffman padding with a zero", hex("00 01 78 81 1e")],
  ["Huffman padding of eight bits", hex("00 01 78 82 1f ff")],
  ["nothing but Huffman padding", hex("00 01 78 81 ff")],
  ["Huffman's end of string", hex("00 01 78 84 ff ff ff ff")],
  ["Huffman's end of string behind an octet", hex("00 01 78 85 1f ff ff ff ff")],
  ["a name with broken Huffman padding", hex("00 81 18 01 79")],
  ["a table larger than we said", hex("3f e2 1f")],
  ["a table of 2^31", hex("3f e1 ff ff ff 07")],
  ["a table's size cut off", hex("3f")],
  ["three sizes of the table", hex("20 3f e1 1f 20")],
  ["a table's size behind a field", hex("82 20")],
  ["a table's size at the end", Buffer.concat([asked, hex("20")])],
];

const fine: readonly Row[] = [
  ["a table of 0", [frame(types.headers, whole, 1, Buffer.concat([hex("20"), asked]))], ""],
  ["two sizes of the table", [frame(types.headers, whole, 1, Buffer.concat([hex("20 3f e1 1f"), asked]))], ""],
  ["the size we have", [frame(types.headers, whole, 1, Buffer.concat([hex("3f e1 1f"), asked]))], ""],
  ["a field never to be remembered", [frame(types.headers, whole, 1, Buffer.concat([asked, hex("1001780179")]))], ""],
  [
    "a field larger than the table",
    [frame(types.headers, whole, 1, Buffer.concat([asked, hex("40 01 78 7f e1 1e"), Buffer.alloc(4064, "y")]))],
    "",
  ],
];

export const hpackRows: readonly Row[] = [
  ...errors.flatMap(([what, bytes]): Row[] => [
    [`HPACK: ${what}`, [frame(types.headers, whole, 1, Buffer.concat([asked, bytes]))], "goaway 9"],
  ]),
  ["HPACK: a table's size first, too large", [frame(types.headers, whole, 1, hex("3f e2 1f"))], "goaway 9"],
  ["HPACK: index 0 in trailers", [posting, frame(types.headers, whole, 1, hex("80"))], "goaway 9"],
  ...fine.map(([what, ...rest]): Row => [`HPACK: ${what}`, ...rest]),
];
