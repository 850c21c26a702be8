import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { numberOf, readArguments } from "./arguments.ts";
import { heldTerminal } from "./fixtures.ts";
import { Misuse, type Verb } from "./verb.ts";

const verb: Verb = {
  usage: "KIND [NAME…]",
  operands: [1, 2],
  options: {
    output: { type: "string", short: "o", value: "FORM", summary: "", choices: ["yaml", "json"] },
    filename: { type: "string", short: "f", value: "PATH", multiple: true, summary: "" },
    port: { type: "string", value: "PORT", summary: "" },
    watch: { type: "boolean", short: "w", summary: "" },
  },
  examples: [],
  run: () => Promise.resolve(0),
};
const read = (line: string, env = {}) => readArguments("get", verb, line.split(" "), heldTerminal({ env }));
const misuse = (message: RegExp, remedy?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Misuse);
  assert.match(error.message, message);
  if (remedy) assert.match(error.remedy ?? "", remedy);
  return true;
};

describe("arguments of a verb", () => {
  test("options stand anywhere, in every way of writing them", () => {
    for (const line of [
      "pods -o yaml -w",
      "-o=yaml pods -w",
      "-oyaml -w pods",
      "--output=yaml --watch pods",
      "-wo yaml pods",
    ]) {
      const call = read(line);
      assert.deepEqual([call.operands, call.value("output"), call.flag("watch")], [["pods"], "yaml", true], line);
    }
  });

  test("an option may be given often, and what follows -- is no option", () => {
    const call = read("-f a -f b -- -w");
    assert.deepEqual([call.values("filename"), call.operands, call.flag("watch")], [["a", "b"], ["-w"], false]);
    assert.deepEqual(read("x -f -").values("filename"), ["-"]);
  });

  test("an unknown option is named, with the one that was meant", () => {
    assert.throws(() => read("pods --wacth"), misuse(/^weft get has no option --wacth$/, /did you mean --watch\?/));
    assert.throws(() => read("pods -z"), misuse(/no option -z/, /--help/));
    assert.throws(() => read("pods --__proto__"), misuse(/no option --__proto__/));
  });

  test("a missing, needless or impossible value is named", () => {
    assert.throws(() => read("pods --output"), misuse(/^--output needs a value: --output FORM$/));
    assert.throws(() => read("pods --output --watch"), misuse(/^--output needs a value/, /--output=--watch/));
    assert.throws(() => read("pods --watch=yes"), misuse(/^--watch takes no value$/));
    assert.throws(() => read("pods -o ymal"), misuse(/one of yaml, json$/, /did you mean yaml\?/));
  });

  test("too few and too many operands are told with the usage", () => {
    assert.throws(() => read("-w"), misuse(/^weft get needs more: weft get KIND \[NAME…\]$/));
    assert.throws(() => read("a b c"), misuse(/^"c" is one too many/));
  });

  test("numbers are whole and in their range", () => {
    const port = (text: string) => numberOf(read(`x --port=${text}`), "port", [0, 65_535]);
    assert.deepEqual(["0", "65535"].map(port), [0, 65_535]);
    for (const text of ["65536", "-1", "1.5", "http", "1e3", "0x10"])
      assert.throws(() => port(text), misuse(/from 0 to 65535/), text);
  });

  test("the data directory is .weft, or what the environment says, or what the command line says", () => {
    assert.equal(read("x").dataDir, ".weft");
    assert.equal(read("x", { WEFT_DATA_DIR: "/a" }).dataDir, "/a");
    assert.equal(read("x --data-dir /b", { WEFT_DATA_DIR: "/a" }).dataDir, "/b");
  });
});
