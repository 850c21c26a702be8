import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { everywhere } from "./arguments.ts";
import { heldTerminal } from "./fixtures.ts";
import { main } from "./main.ts";
import { verbs } from "./verbs.ts";
import { version } from "./version.ts";

async function weft(...args: string[]) {
  const terminal = heldTerminal();
  const code = await main(args, terminal);
  return { code, ...terminal.said };
}

describe("the command line", () => {
  for (const { name, load, ...row } of verbs) {
    test(`weft ${name} --help shows every option and an example that can be read`, async () => {
      const { code, out } = await weft(name, "--help");
      assert.equal(code, 0);
      assert.ok(out.startsWith(`weft ${name}`));
      const { options, examples } = await load();
      for (const option of Object.keys({ ...options, ...everywhere })) assert.ok(out.includes(`--${option}`), option);
      assert.ok(examples.length > 0);
      for (const { line, says } of examples) {
        assert.ok(out.includes(line) && out.includes(says));
        if (!("hidden" in row)) assert.match(line, new RegExp(`\\bweft ${name}\\b`));
      }
      assert.equal((await weft("help", name)).out, out);
    });
  }

  test("weft --help shows every verb that is for people", async () => {
    const { code, out } = await weft("--help");
    assert.equal(code, 0);
    for (const row of verbs) assert.equal(out.includes(`  ${row.name} `), !("hidden" in row), row.name);
  });

  test("no verb at all is a misuse that shows the help", async () => {
    const { code, out, err } = await weft();
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, /^Weft runs/);
  });

  test("weft --version says which Weft this is", async () => {
    assert.deepEqual(await weft("--version"), { code: 0, out: `weft ${version()}\n`, err: "" });
    assert.match(version(), /^\d+\.\d+\.\d+/);
  });

  test("unknown verbs and options end with 2 and the word that was meant", async () => {
    assert.deepEqual(await weft("staus"), {
      code: 2,
      out: "",
      err: 'weft: weft has no verb "staus"\n  did you mean `weft status`?\n',
    });
    assert.equal((await weft("--verison")).code, 2);
    assert.deepEqual(await weft("status", "--ouput", "json"), {
      code: 2,
      out: "",
      err: "weft: weft status has no option --ouput\n  did you mean --output?\n",
    });
  });

  test("failures end with 1 and never show where in the program they arose", async () => {
    const { code, err } = await weft("validate", "/nowhere/at/all.yaml");
    assert.equal(code, 1);
    assert.match(err, /^weft: cannot read \/nowhere\/at\/all.yaml: there is no such file or folder\n/);
    assert.doesNotMatch(err, /\n +at /);
  });
});
