import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { Fault } from "../base/index.ts";
import { heldTerminal } from "./fixtures.ts";
import { main } from "./main.ts";
import { readPaths, twice } from "./manifests.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-manifests-"));
after(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const noInput = () => Promise.reject(new Error("nobody asked for it"));
const service = (name: string) =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec:\n  ports: [{port: 80}]\n`;

writeFileSync(at("b.yaml"), service("b"));
writeFileSync(at("a.yml"), service("a"));
writeFileSync(at("c.json"), '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}');
writeFileSync(at("notes.txt"), "not: [yaml");
mkdirSync(at("deeper"));
writeFileSync(at("deeper/d.yaml"), service("d"));
mkdirSync(at("empty"));

describe("reading paths", () => {
  test("a folder is its own YAML and JSON files, by name, not those of its folders", async () => {
    const { count, objects, findings } = await readPaths([folder], noInput);
    assert.equal(count, 3);
    assert.deepEqual(
      objects.map(({ object }) => object.metadata.name),
      ["a", "b", "c"],
    );
    assert.deepEqual(findings, []);
  });

  test("- is standard input, and a file named twice is read once", async () => {
    const { objects } = await readPaths([at("b.yaml"), "-", at("b.yaml")], () => Promise.resolve(service("x")));
    assert.deepEqual(
      objects.map(({ file, object }) => [file, object.metadata.name]),
      [
        [at("b.yaml"), "b"],
        ["stdin", "x"],
      ],
    );
  });

  test("what cannot be read is a fault that names it", async () => {
    const fails = async (path: string, message: RegExp) =>
      assert.rejects(readPaths([path], noInput), (error) => {
        assert.ok(error instanceof Fault);
        assert.match(error.message, message);
        assert.ok(error.remedy);
        return true;
      });
    await fails(at("nope.yaml"), /^cannot read .*nope\.yaml: there is no such file or folder$/);
    await fails(at("b.yaml/c"), /a part of the path is a file/);
    await fails(at("empty"), /has no \.yaml, \.yml or \.json file/);
  });

  test("findings of all files are gathered, with their places", async () => {
    writeFileSync(at("deeper/e.yaml"), service("e").replace("port: 80", "prot: 80"));
    writeFileSync(at("deeper/f.yaml"), "apiVersion: v1\nkind: Servce\nmetadata: {name: f}\n");
    writeFileSync(at("deeper/g.yaml"), "a: [b\n");
    const { findings, objects } = await readPaths([at("deeper")], noInput);
    assert.equal(objects.length, 3);
    const places = findings.map(({ at: place }) => `${place?.file.slice(folder.length + 8)}:${place?.line}`);
    for (const place of ["e.yaml:5", "f.yaml:2"]) assert.ok(places.includes(place), places.join(" "));
    assert.ok(places.some((place) => place.startsWith("g.yaml:")));
  });

  test("an object that stands twice is worth a warning before it is used: only the last one counts", async () => {
    const { objects, findings } = await readPaths(["-"], () => Promise.resolve(`${service("a")}---\n${service("a")}`));
    assert.deepEqual(findings, []);
    assert.deepEqual(
      twice(objects).map(({ severity, code, at: place }) => [severity, code, place?.line]),
      [["warning", "object-twice", 7]],
    );
  });
});

describe("weft validate", () => {
  const validate = async (input: string, ...more: string[]) => {
    const terminal = heldTerminal({ input: () => Promise.resolve(input) });
    return { code: await main(["validate", "-", ...more], terminal), ...terminal.said };
  };

  test("prints place, path, what is wrong and what was meant, then a count", async () => {
    const { code, out } = await validate(service("a").replace("port: 80", "prot: 80, port: 80"));
    assert.equal(code, 1);
    assert.match(out, /^stdin:5:\d+: error: spec\.ports\[0\]\.prot: .*port/);
    assert.match(out, /\n1 object in 1 file: 1 error\n$/);
  });

  test("faultless files end with 0", async () => {
    assert.deepEqual(await validate(service("a")), { code: 0, out: "1 object in 1 file: no faults\n", err: "" });
  });

  test("-o json gives the findings to programs", async () => {
    const { code, out } = await validate("kind: Service\n", "-o", "json");
    assert.equal(code, 1);
    const { valid, findings } = JSON.parse(out) as { valid: boolean; findings: { code: string; at: unknown }[] };
    assert.deepEqual(
      [valid, findings[0]?.code, findings[0]?.at],
      [false, "not-an-object", { file: "stdin", line: 1, column: 1 }],
    );
  });
});
