import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { subsetPage } from "./subset.ts";

test("docs/envoy-subset.md says what the tables say; `npm run docs:subset` writes it anew", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/envoy-subset.md"), "utf8");
  assert.equal(page, subsetPage());
});
