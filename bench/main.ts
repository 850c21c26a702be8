/** Measures and prints one table: `npm run bench` everything, `npm run bench -- proxy` or `mesh` one part. */
import type { Figure } from "./mesh.ts";

const parts: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  proxy: async () => (await import("./proxy.ts")).measureProxy(),
  mesh: async () => (await import("./mesh.ts")).measureMesh(),
};

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !Object.hasOwn(parts, name));
if (unknown !== undefined) {
  process.stderr.write(`There is no bench named ${unknown}; there are: ${Object.keys(parts).join(", ")}.\n`);
  process.exit(2);
}
process.stdout.write("| what | measured | goal |\n|---|---|---|\n");
for (const [name, measure] of Object.entries(parts)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  try {
    for (const { what, value, goal } of await measure()) process.stdout.write(`| ${what} | ${value} | ${goal} |\n`);
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}
