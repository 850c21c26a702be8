import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HpackDecoder, type HpackLimits } from "./hpack-decoder.ts";

const limits: HpackLimits = { tableSize: 4096, listSize: 65_536, fields: 100 };

/** Decodes blocks written in hexadecimal, blanks and all, one after the other; the last one's answer, or its fields. */
function decode(blocks: readonly string[], given: HpackLimits = limits): string | string[] {
  const decoder = new HpackDecoder(given);
  let fields: string[] = [];
  for (const hex of blocks) {
    const block = Buffer.from(hex.replaceAll(" ", ""), "hex");
    fields = [];
    // Not at the beginning of its Buffer, nor up to its end.
    const around = Buffer.concat([Buffer.from([0xff]), block, Buffer.from([0x82, 0x82])]);
    const answer = decoder.decode(around, 1, 1 + block.length, fields);
    if (answer) return answer;
  }
  return fields;
}

const request = (path: string, ...more: string[]) => [":method", "GET", ":scheme", "http", ":path", path, ...more];
const authority = [":authority", "www.example.com"];
const oneSecond = (second: number) => ["date", `Mon, 21 Oct 2013 20:13:2${second} GMT`];
const cookie = "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
/** The examples of appendix C.5 and C.6 use a table of 256 octets. */
const small = "3fe101";

const requestAnswers = [
  request("/", ...authority),
  request("/", ...authority, "cache-control", "no-cache"),
  [":method", "GET", ":scheme", "https", ":path", "/index.html", ...authority, "custom-key", "custom-value"],
];
const location = ["location", "https://www.example.com"];
const moved = (status: string) => [":status", status, "cache-control", "private", ...oneSecond(1), ...location];
const ok = [":status", "200", "cache-control", "private", ...oneSecond(2), ...location];
const responseAnswers = [
  moved("302"),
  [":status", "307", ...moved("302").slice(2)],
  [...ok, "content-encoding", "gzip", "set-cookie", cookie],
];

const examples: readonly (readonly [section: string, blocks: readonly string[], answers: readonly string[][]])[] = [
  ["C.2.1", ["400a637573746f6d2d6b65790d637573746f6d2d686561646572"], [["custom-key", "custom-header"]]],
  ["C.2.2", ["040c2f73616d706c652f70617468"], [[":path", "/sample/path"]]],
  ["C.2.3", ["100870617373776f726406736563726574"], [["password", "secret"]]],
  ["C.2.4", ["82"], [[":method", "GET"]]],
  [
    "C.3",
    [
      "828684410f7777772e6578616d706c652e636f6d",
      "828684be58086e6f2d6361636865",
      "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
    ],
    requestAnswers,
  ],
  [
    "C.4",
    [
      "828684418cf1e3c2e5f23a6ba0ab90f4ff",
      "828684be5886a8eb10649cbf",
      "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
    ],
    requestAnswers,
  ],
  [
    "C.5",
    [
      `${small}4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d`,
      "4803333037c1c0bf",
      "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31",
    ],
    responseAnswers,
  ],
  [
    "C.6",
    [
      `${small}488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3`,
      "4883640effc1c0bf",
      "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
    ],
    responseAnswers,
  ],
];

describe("the examples of RFC 7541 appendix", () => {
  for (const [section, blocks, answers] of examples) {
    test(section, () => {
      for (const [index, answer] of answers.entries()) {
        assert.deepEqual(decode(blocks.slice(0, index + 1)), answer, `block ${index + 1}`);
      }
    });
  }
});

/** Adds `x: y` to the table. */
const added = "4001780179";

const errors: readonly (readonly [what: string, ...blocks: string[]])[] = [
  ["index 0", "80"],
  ["an index beyond an empty table", "be"],
  ["an index beyond the table", `${added} bf`],
  ["a far index", `${added} ff ff 7f`],
  ["an entry evicted by size 0", added, "20 be"],
  ["an entry that was too large for the table", "3f01 40 0161 10 30303030303030303030303030303030 be"],
  ["an entry never added", "0001780179", "be"],
  ["an entry never to be added", "1001780179", "be"],
  ["a name beyond the table, added", "7e 0179"],
  ["a name beyond the table, not added", "0f2f 0179"],
  ["a name beyond the table, never added", "1f2f 0179"],
  ["an index cut off", "ff"],
  ["an index cut off behind its first octet", "ff80"],
  ["an index of six octets", "ff 808080808001"],
  ["zeros without end in an index", "ff 8080808080808080808080800080"],
  ["an index of 2^31", "ff 81ffffff07"],
  ["an index of 2^35 - 1", "ff ffffffff7f"],
  ["a string's length of 2^31", "0001 78 7f 81ffffff07"],
  ["a string's length that would wrap to 1", "000178 7f 82ffffff0f 79"],
  ["a name cut off", "0005 7878"],
  ["a name missing", "40"],
  ["a value missing", "400178"],
  ["a value of an indexed name missing", "41"],
  ["a value cut off", "4001 78 0579"],
  ["a value that goes on behind the block", "4001 78 03 7979"],
  ["a Huffman value cut off", "4001 78 82f1"],
  ["a string's length cut off", "4001 78 7f"],
  ["padding of zeros", "0001 78 8118"],
  ["padding with one zero", "0001 78 811e"],
  ["eight bits of padding", "0001 78 821fff"],
  ["nothing but padding", "0001 78 81ff"],
  ["a long code cut off", "0001 78 83fffffe"],
  ["an end of string", "0001 78 84ffffffff"],
  ["an end of string behind an octet", "0001 78 851fffffffff"],
  ["a broken Huffman name", "0081ff 0179"],
  ["a table larger than ours", "3fe21f"],
  ["a table of 2^31", "3f e1ffffff07"],
  ["a table's size cut off", "3f"],
  ["three sizes of the table", "20 3f e11f 20"],
  ["a table's size behind a field", "82 20"],
  ["a table's size at the end", `${added} 3fe11f`],
];

describe("a compression error:", () => {
  for (const [what, ...blocks] of errors) {
    test(what, () => {
      assert.notEqual(decode(blocks.slice(0, -1)), "compression-error");
      assert.equal(decode(blocks), "compression-error");
    });
  }
});

const taken: readonly (readonly [what: string, blocks: readonly string[], fields: readonly string[]])[] = [
  ["an empty block", [""], []],
  ["sizes alone", ["203fe11f"], []],
  ["the largest table", [`3fe11f ${added} be`], ["x", "y", "x", "y"]],
  ["two sizes, which evict", [added, "203fe11f 82"], [":method", "GET"]],
  ["an index with idle zeros", ["0f 8080808000 0179"], ["accept-charset", "y"]],
  ["empty strings", ["00 0178 00"], ["x", ""]],
  ["an empty Huffman string", ["0001 78 80"], ["x", ""]],
  ["seven bits of padding", ["0001 78 83002e7f"], ["x", "00:"]],
  ["a name of the table evicted by its own entry", ["3f07 4001780179 7e0161"], ["x", "y", "x", "a"]],
  ["octets beyond ASCII", ["0001 78 02e4ff"], ["x", "\xe4\xff"]],
  ["the newest entry first", ["40016101 62 4001630164 bebf"], ["a", "b", "c", "d", "c", "d", "a", "b"]],
];

describe("taken:", () => {
  for (const [what, blocks, fields] of taken) {
    test(what, () => {
      assert.deepEqual(decode(blocks), fields);
    });
  }
});

const malformed: readonly (readonly [what: string, ...blocks: string[]])[] = [
  ["an empty name", "00 00 0179"],
  ["a capital in a name", "00 0158 0179"],
  ["a capital in a Huffman name", "00 82 c67f 0179"],
  ["a space in a name", "00 027820 0179"],
  ["a colon in a name", "00 03783a78 0179"],
  ["two colons before a name", "00 033a3a78 0179"],
  ["NUL in a name", "00 027800 0179"],
  ["an octet beyond ASCII in a name", "00 02e478 0179"],
  ["NUL in a value", "00 0178 0100"],
  ["CR in a value", "00 0178 03790d79"],
  ["LF in a value", "00 0178 03790a79"],
  ["LF in a Huffman value", "00 0178 84 fffffff3"],
  ["DEL in a value", "00 0178 017f"],
  ["a bell in a value", "00 0178 0107"],
  ["a space before a value", "00 0178 022079"],
  ["a tab behind a value", "00 0178 027909"],
  ["a value that is a space", "00 0178 0120"],
  ["a value of the table", "40 0178 0100", "be"],
  ["a name of the table", "40 0158 0179", "0f2f 0179"],
];

describe("a field comes without its name, for it has", () => {
  for (const [what, ...blocks] of malformed) {
    test(what, () => {
      const fields = decode(blocks);
      assert.equal(fields.length, 2);
      assert.equal(fields[0], "");
    });
  }

  test("what may stand nowhere; the fields beside it have theirs", () => {
    assert.deepEqual(decode([added, "40 0158 0179 bf be 00 023a78 00"]), ["", "y", "x", "y", "", "y", ":x", ""]);
  });
});

describe("a list's limits", () => {
  const few: HpackLimits = { tableSize: 4096, listSize: 100, fields: 4 };

  test("count references as much as what they stand for", () => {
    // x: y is 34 octets.
    assert.deepEqual(decode([`${added} be`], few), ["x", "y", "x", "y"]);
    assert.equal(decode([`${added} be be`], few), "too-large");
  });

  test("count empty fields", () => {
    assert.equal(decode(["0000000000000000000000 00"], few), "too-large");
  });

  test("count fields", () => {
    const most = { ...few, listSize: 1000 };
    assert.equal(decode([`${added} bebebe`], most).length, 8);
    assert.equal(decode([`${added} bebebebe`], most), "too-large");
  });

  test("end the list, and keep the table in step", () => {
    const decoder = new HpackDecoder(few);
    const fields = ["before", "it"];
    const block = Buffer.from(`${added}bebe400161016282`.replaceAll(" ", ""), "hex");
    assert.equal(decoder.decode(block, 0, block.length, fields), "too-large");
    assert.deepEqual(fields, ["before", "it", "x", "y", "x", "y"]);
    const next: string[] = [];
    assert.equal(decoder.decode(Buffer.from("bebf", "hex"), 0, 2, next), undefined);
    assert.deepEqual(next, ["a", "b", "x", "y"]);
  });

  test("hide no error behind them", () => {
    assert.equal(decode([`${added} bebebe 80`], few), "compression-error");
  });

  test("hold against a small block that stands for a large list", () => {
    const decoder = new HpackDecoder({ ...limits, fields: 1_000_000 });
    const value = "z".repeat(4000);
    const first = Buffer.concat([Buffer.from("400178 7fa11e".replace(" ", ""), "hex"), Buffer.from(value)]);
    const fields: string[] = [];
    assert.equal(decoder.decode(first, 0, first.length, fields), undefined);
    const bomb = Buffer.alloc(16_000, 0xbe);
    assert.equal(decoder.decode(bomb, 0, bomb.length, fields), "too-large");
    assert.ok(fields.length <= 2 * (1 + 65_536 / 4000), `${fields.length / 2} fields`);
  });
});
