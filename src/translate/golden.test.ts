import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { goldenCase, goldenText } from "./golden-case.ts";
import { Translator } from "./translator.ts";

const folder = join(import.meta.dirname, "golden");
const situations = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
/** `WEFT_WRITE_GOLDEN=1` writes what is made now; look at the difference before committing it. */
const write = process.env["WEFT_WRITE_GOLDEN"] === "1";

describe("what a node gets", () => {
  test("there is a golden folder for each of many situations", () => assert.ok(situations.length >= 25));

  for (const { name } of situations) {
    test(name, () => {
      const { mesh, nodes } = goldenCase(name);
      for (const [node, identity] of nodes) {
        const file = join(folder, name, `${node}.json`);
        const text = goldenText(new Translator().translate(mesh, identity));
        if (write) writeFileSync(file, text);
        else assert.deepEqual(JSON.parse(text), existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined);
      }
    });
  }
});
