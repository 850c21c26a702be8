/** The package as people get it: packed, installed into an empty folder, started by its name. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Desk, type Typed, withThisNode } from "./newcomer.ts";
import { ask, checkout } from "./weft.ts";

let desk: Desk;
let place = "";
let node24: NodeJS.ProcessEnv = {};

before(async () => {
  desk = new Desk();
  node24 = withThisNode(desk.env);
  place = join(desk.folder, "app");
  mkdirSync(place);
  await desk.run(`npm pack --silent --pack-destination '${desk.folder}'`, checkout, node24);
  const archive = readdirSync(desk.folder).find((name) => name.endsWith(".tgz")) ?? "";
  await desk.run(`npm install '${join(desk.folder, archive)}'`, place, node24);
});
after(() => desk?.close());

describe("the package", () => {
  test("holds compiled code, types, samples and texts, and no tests or sources", () => {
    const home = join(place, "node_modules/weft");
    for (const file of [
      "LICENSE",
      "README.md",
      "bin/weft.js",
      "dist/src/app/index.js",
      "dist/src/app/index.d.ts",
      "dist/samples/bookinfo/src/reviews.js",
      "samples/bookinfo/bookinfo.yaml",
      "samples/bookinfo/networking/virtual-service-all-v1.yaml",
    ]) {
      assert.ok(existsSync(join(home, file)), file);
    }
    const files = readdirSync(home, { recursive: true, encoding: "utf8" }).filter(
      (file) => !file.startsWith("node_modules"),
    );
    const strangers = files.filter((file) => /\.test\.|fixture|golden|(?<!\.d)\.ts$/.test(file));
    assert.deepEqual(strangers, []);
  });

  test("npx weft --help says what there is", async () => {
    assert.match(await desk.run("npx weft --help", place, node24), /^Weft runs Kubernetes and Istio YAML/m);
  });

  test("npx weft up brings Bookinfo up, and its page answers", async () => {
    const line =
      "npx weft up node_modules/weft/samples/bookinfo --http-port 0 --https-port 0 --api-port 0 --patience 90";
    let typed: Typed | undefined;
    try {
      typed = desk.start(line, place, node24);
      await typed.shows(/^weft is ready in /m, 100_000);
      const [, url = ""] = await typed.shows(/(http:\S+\/productpage)/, 1_000);
      const { status, body } = await ask(url);
      assert.equal(status, 200);
      assert.match(body, /Comedy of Errors/);
    } finally {
      await typed?.interrupt();
    }
    assert.deepEqual(desk.processes(), []);
  });

  test("its types and its door can be imported by a program", async () => {
    const program =
      'import("weft").then(({ runUp, readStatus, takeDown }) => console.log(typeof runUp, typeof readStatus, typeof takeDown))';
    assert.match(await desk.run(`node -e '${program}'`, place, node24), /^function function function$/m);
  });

  test("under an older Node it says in one sentence what it needs", async (context) => {
    const older = spawnSync("/usr/bin/node", ["--version"], { encoding: "utf8" }).stdout ?? "";
    const major = Number(/^v(\d+)\./.exec(older)?.[1] ?? 0);
    if (major < 18 || major >= 24) return context.skip("the machine's own Node is no older one");
    const typed = desk.start("npx weft --help", place, { PATH: `/usr/bin:${desk.env["PATH"] ?? ""}` });
    assert.equal(await typed.ended, 1);
    assert.match(typed.output, /^weft: Weft needs Node\.js 24 or newer; this is v\d+\.\d+\.\d+\. .*$/m);
  });
});
