import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, test } from "node:test";
import { parseSync } from "oxc-parser";

const root = resolve(import.meta.dirname, "..");
const source = join(root, "src");

/** What a room may import besides `base` and itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  base: [],
  wire: [],
  metrics: [],
  documents: [],
  model: ["documents"],
  identity: ["metrics"],
  store: ["model", "metrics"],
  xds: ["wire", "metrics"],
  mesh: ["model"],
  translate: ["mesh", "model", "xds"],
  proxy: ["documents", "wire", "metrics", "xds"],
  api: ["model", "store", "identity", "metrics"],
  runtime: ["model", "metrics"],
  control: ["model", "store", "runtime", "mesh", "identity", "metrics"],
  app: [
    "documents",
    "wire",
    "metrics",
    "model",
    "identity",
    "store",
    "xds",
    "mesh",
    "translate",
    "proxy",
    "api",
    "runtime",
    "control",
  ],
  cli: ["app", "model", "api/client"],
};

/** Doors into a room: its index, and the client half of `api`, which the command line may have without the server. */
const doors = new Set([...Object.keys(mayImport).map((room) => `${room}/index.ts`), "api/client/index.ts"]);

interface Import {
  readonly from: string;
  readonly specifier: string;
  readonly target: string | undefined;
}

function importsOf(file: string): Import[] {
  const parsed = parseSync(file, readFileSync(join(source, file), "utf8"));
  const specifiers = [
    ...parsed.module.staticImports.map((entry) => entry.moduleRequest.value),
    ...parsed.module.staticExports.flatMap((entry) => entry.entries.flatMap((part) => part.moduleRequest?.value ?? [])),
    ...parsed.module.dynamicImports.flatMap((entry) => {
      const text = readFileSync(join(source, file), "utf8").slice(entry.moduleRequest.start, entry.moduleRequest.end);
      return /^["']/.test(text) ? [text.slice(1, -1)] : [];
    }),
  ];
  return specifiers.map((specifier) => ({
    from: file,
    specifier,
    target: specifier.startsWith(".") ? relative(source, resolve(source, dirname(file), specifier)) : undefined,
  }));
}

const roomOf = (file: string) => file.split("/")[0] ?? "";
const files = globSync("**/*.ts", { cwd: source }).toSorted();
const imports = files.flatMap(importsOf);

describe("the house", () => {
  test("every folder of src is a room of the table", () => {
    for (const file of files) assert.ok(roomOf(file) in mayImport, `${file} stands in no known room`);
  });

  test("a room imports only what its row of the table allows", () => {
    const wrong = imports.filter(({ from, target }) => {
      if (target === undefined || roomOf(target) === roomOf(from)) return false;
      const allowed = ["base", ...(mayImport[roomOf(from)] ?? [])];
      return !allowed.some((room) => target.startsWith(`${room}/`));
    });
    assert.deepEqual(
      wrong.map(({ from, specifier }) => `${from} imports ${specifier}`),
      [],
    );
  });

  test("a room is entered only through its index", () => {
    const wrong = imports.filter(
      ({ from, target }) => target !== undefined && roomOf(target) !== roomOf(from) && !doors.has(target),
    );
    assert.deepEqual(
      wrong.map(({ from, specifier }) => `${from} imports ${specifier}`),
      [],
    );
  });

  test("model runs in browsers: it imports no node modules", () => {
    const wrong = imports.filter(
      ({ from, specifier }) => roomOf(from) === "model" && !from.endsWith(".test.ts") && specifier.startsWith("node:"),
    );
    assert.deepEqual(
      wrong.map(({ from, specifier }) => `${from} imports ${specifier}`),
      [],
    );
  });

  test("nothing imports a test", () => {
    assert.deepEqual(
      imports.filter(({ target }) => target?.endsWith(".test.ts")),
      [],
    );
  });

  test("every room's index begins with one sentence that says what it is for", () => {
    for (const room of new Set(files.map(roomOf))) {
      if (room === "cli") continue; // Entered by its program, main.ts.
      const text = readFileSync(join(source, room, "index.ts"), "utf8");
      assert.match(text, /^\/\*\* [A-Z][^]+?\. ?\*\/|^\/\*\*\n \* [A-Z]/, `${room}/index.ts`);
    }
  });

  test("no file is named after nothing in particular", () => {
    const wrong = files.filter((file) => /(^|\/)(utils?|helpers?|managers?|common|misc)(\.|\/)/.test(file));
    assert.deepEqual(wrong, []);
  });

  test("files import each other without cycles between rooms", () => {
    const edges = new Map<string, Set<string>>();
    for (const { from, target } of imports) {
      if (target === undefined || from.endsWith(".test.ts") || roomOf(from) === roomOf(target)) continue;
      edges.set(roomOf(from), (edges.get(roomOf(from)) ?? new Set()).add(roomOf(target)));
    }
    const visit = (room: string, path: readonly string[]): void => {
      assert.ok(!path.includes(room), `cycle: ${[...path, room].join(" → ")}`);
      for (const next of edges.get(room) ?? []) visit(next, [...path, room]);
    };
    for (const room of edges.keys()) visit(room, []);
  });
});
