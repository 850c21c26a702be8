/** Whatever is wrong with what people give `weft up`: one sentence that says what to do, an exit code, and nothing left behind. */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { isRoot, networks, place, pod, refused, start, weft } from "./attempt.ts";
import { leftovers } from "./leftovers.ts";
import { until } from "./weft.ts";

describe("what was typed", () => {
  test("an unknown option, verb or value is misuse (2), and says what was meant", async () => {
    const here = place();
    assert.equal(
      await refused(here, ["--netwrok=netns"], { code: 2 }),
      "weft: weft up has no option --netwrok\n  did you mean --network?\n",
    );
    assert.match((await weft(here, ["upp"])).stderr, /^weft: weft has no verb "upp"\n {2}did you mean `weft up`\?\n$/);
    assert.match(await refused(here, ["--network=host"], { code: 2 }), /one of auto, netns, loopback/);
    assert.match(await refused(here, ["--http-port=http"], { code: 2 }), /a whole number from 0 to 65535/);
  });

  test("a path that is not there, or holds no files, is named", async () => {
    const here = place();
    mkdirSync(join(here, "empty"));
    assert.match(await refused(here, ["nope.yaml"]), /^weft: cannot read nope.yaml: there is no such file or folder\n/);
    assert.match(await refused(here, ["empty"]), /^weft: empty has no .yaml, .yml or .json file of its own\n/);
  });
});

describe("what stands in files", () => {
  test("the errors of all files are told at once, each with its place", async () => {
    const here = place({
      "a.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}], selecter: {app: a}}\n",
      "b.yaml": pod("ports: [{containerPort: many}]"),
      "c.yaml": "apiVersion: v1\nkind: ConfigMap\n metadata: {name: c}\n",
      "d.yaml": "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: d}\n",
    });
    const said = await refused(here, ["."]);
    assert.match(said, /^a.yaml:4:\d+: error: spec.selecter: unknown field "selecter", did you mean `selector`\?$/m);
    assert.match(said, /^b.yaml:4:\d+: error: .*containerPort: found the string "many", want a whole number$/m);
    assert.match(said, /^c.yaml:2:7: error: /m);
    assert.match(said, /^d.yaml:1:13: error: [^]*write `apiVersion: apps\/v1`/m);
    assert.match(said, /^weft: \d errors; nothing was started\n$/m);
  });

  test("what contradicts another file is an error too", async () => {
    const here = place({
      "a.yaml":
        "apiVersion: v1\nkind: Service\nmetadata: {name: p}\nspec: {selector: {app: p}, ports: [{port: 80, targetPort: web}]}\n",
      "b.yaml": pod("ports: [{containerPort: 80, name: http}]").replace("{name: p}", "{name: p, labels: {app: p}}"),
    });
    const said = await refused(here, ["."]);
    assert.match(said, /^a.yaml:4:59: error: .*no container it selects names a port web\n {2}their ports: http$/m);
  });

  test("a file nobody may read is named", { skip: !isRoot }, async () => {
    const here = place({ "secret.yaml": pod("command: [sleep, '9']") });
    chmodSync(join(here, "secret.yaml"), 0);
    chmodSync(here, 0o777);
    const said = await refused(here, ["secret.yaml"], { uid: 65_534 });
    assert.equal(
      said,
      "weft: cannot read secret.yaml: permission denied\n  make it readable for you, or give another path\n",
    );
  });
});

for (const network of networks) {
  describe(`what cannot run (${network})`, { concurrency: 2 }, () => {
    const cases: readonly (readonly [string, string, RegExp])[] = [
      [
        "an image nobody knows",
        "name: main",
        /^weft: pod p cannot start: container main cannot start: ImageUnknown: .*has no command for the image "x"\. Give the container a `command`/m,
      ],
      [
        "a program that does not exist",
        "command: [no-such-program]",
        /container main cannot start: there is no program "no-such-program" in the folders of PATH; install it, or give its path/,
      ],
      [
        "a file that may not be executed",
        "command: [./plain], workingDir: HERE",
        /container main cannot start: .*plain is there, but may not be executed; `chmod \+x/,
      ],
      [
        "a folder that does not exist",
        "command: ['true'], workingDir: /no/such",
        /container main cannot start: there is no folder \/no\/such to start in; make it/,
      ],
    ];
    for (const [title, container, sentence] of cases) {
      test(`${title} ends it at once`, async () => {
        const here = place({ plain: "not a program\n" });
        writeFileSync(join(here, "p.yaml"), pod(container.replace("name: main", "args: []").replace("HERE", here)));
        const said = await refused(here, ["p.yaml", `--network=${network}`], { limit: 20_000 });
        assert.match(said, sentence);
        assert.match(said, /^ {2}mend it and start again; nothing was left running$/m);
      });
    }

    test("a program that crashes ends it when patience is over, with its last words", async () => {
      const here = place({ "p.yaml": pod('command: [sh, -c, "echo no database >&2; exit 3"]') });
      const said = await refused(here, ["p.yaml", `--network=${network}`, "--patience=3"]);
      assert.match(
        said,
        /^weft: pod p cannot start: container main keeps ending, with exit code 3; its last words: no d/m,
      );
    });

    test("what failed and was mended starts, on the same data directory", async () => {
      const files = (command: string) =>
        `${pod(`command: ${command}`).replace("spec: {", "spec: {restartPolicy: Never, ")}---\n${pod(`command: ${command}`, "q")}`;
      const here = place({ "p.yaml": files("['false']") });
      const said = await refused(here, ["p.yaml", `--network=${network}`, "--patience=3"]);
      assert.match(said, /^weft: pod [pq] cannot start: container main (ended|keeps ending,) with exit code 1/m);
      writeFileSync(join(here, "p.yaml"), files("[sleep, '100']"));
      const up = start(here, ["p.yaml", `--network=${network}`]);
      await until(() => /^weft is ready/m.test(up.output()), 20_000);
      assert.equal(await up.stop(), 0);
    });

    test("a namespace that nobody made is told with the object that is in it", async () => {
      const here = place({ "p.yaml": pod("command: ['true']").replace("{name: p}", "{name: p, namespace: shop}") });
      const said = await refused(here, ["p.yaml", `--network=${network}`]);
      assert.match(said, /^weft: Pod p: there is no namespace shop\n {2}add to the files: .*kind: Namespace/m);
    });

    test("a ConfigMap that is missing is told with its place, and mended while it runs", async () => {
      const here = place({
        "p.yaml": `${pod("command: [sleep, '100'], envFrom: [{configMapRef: {name: settings}}]")}---\n${pod("command: [sleep, '100']", "q")}`,
        "settings.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {A: b}\n",
      });
      const up = start(here, ["p.yaml", `--network=${network}`, "--patience=1"]);
      await until(() => /weft is up, but not everything is ready/.test(up.output()), 20_000);
      assert.match(up.output(), /^p.yaml:4:\d+: warning: .*no ConfigMap settings is among these files/m);
      assert.match(up.output(), /pod default\/p \(0\/1\): .*configmap "settings" not found/);
      const status = await weft(here, ["status"]);
      assert.equal(status.code, 1);
      assert.match(status.stdout, /configmap "settings" not found/);
      assert.equal((await weft(here, ["apply", "-f", "settings.yaml"])).code, 0);
      await until(() => /^weft is ready/m.test(up.output()), 15_000);
      assert.equal((await weft(here, ["status"])).code, 0);
      assert.equal(await up.stop(), 0);
      assert.deepEqual(leftovers(here), []);
    });
  });
}
