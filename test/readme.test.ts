/** The first hour of a newcomer: every command of the README and of the tour, typed literally in a fresh copy, at the default ports. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { kubectlPath } from "../tools/test/kubectl.ts";
import { Desk, type Typed } from "./newcomer.ts";
import { ask, checkout } from "./weft.ts";

/** Fenced shell blocks carry a second word: `start` stays running, `run` is typed while it runs, `test` is checked by its parts. */
function blocks(file: string, mark: "start" | "run" | "test"): string[] {
  const text = readFileSync(join(checkout, file), "utf8");
  return [...text.matchAll(/^```sh(?: (\w+))?\n(.*?)^```$/gms)].flatMap(([, found, body = ""]) => {
    assert.ok(found !== undefined, `a shell block of ${file} says neither start, run nor test:\n${body}`);
    return found === mark ? [body.trim()] : [];
  });
}

let desk: Desk;
let place = "";
let mesh: Typed | undefined;

before(() => {
  desk = new Desk();
  place = desk.copyRepository();
});
after(async () => {
  await mesh?.interrupt();
  desk.close();
});

/** Types all lines into one shell, as into a second terminal; any that fails ends it. */
const type = (lines: readonly string[]) => {
  const path = `${dirname(kubectlPath("35"))}:${desk.env["PATH"] ?? ""}`;
  return desk.run(`set -eu\n${lines.join("\n")}`, place, { PATH: path });
};

describe("the README", () => {
  test("its first command brings up the page at the address it names", async () => {
    const [line = "", ...more] = blocks("README.md", "start");
    assert.deepEqual([line, more], ["npm ci && npm start", []]);
    mesh = desk.start(line, place);
    await mesh.shows(/^weft is ready in /m, 180_000);
    const [url = ""] = /http:\S+\/productpage/.exec(readFileSync(join(checkout, "README.md"), "utf8")) ?? [];
    const { status, body } = await ask(url.replace(/>$/, ""));
    assert.equal(status, 200);
    assert.match(body, /Comedy of Errors/);
  });

  test("its other commands do what it says", async () => {
    const output = await type(blocks("README.md", "run"));
    assert.match(output, /reviews-v3 +1\/1/);
    assert.match(output, /virtualservice\S*\/reviews (created|configured)/);
  });

  test("so do those of the Bookinfo tour", async () => {
    const output = await type(blocks("docs/bookinfo.md", "run"));
    assert.match(output, /reviews/);
  });

  test("Ctrl-C ends all of it", async () => {
    assert.ok(mesh);
    await mesh.interrupt();
    assert.match(mesh.output, /once more ends it at once/);
    assert.deepEqual(desk.processes(), []);
  });

  test("its test command is the package's own, and parts of it run in the fresh copy", async () => {
    assert.deepEqual(blocks("README.md", "test"), ["npm ci && npm test"]);
    const { scripts } = JSON.parse(readFileSync(join(place, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    assert.match(
      scripts["test"] ?? "",
      /^npm run check && npm run unit:long && node .*--test .*'test\/\*\*\/\*\.test\.ts'$/,
    );
    assert.match(scripts["check"] ?? "", /npm run static .*npm run unit/);
    const parts = (scripts["static"] ?? "").split(" && ").map((part) => part.replace(/^npm run /, ""));
    assert.deepEqual(parts, ["format:check", "lint", "types", "unused"]);
    await desk.run("npm run types", place);
    await desk.run("npm exec -- node --test test/architecture.test.ts", place);
  });
});
