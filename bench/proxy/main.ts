/**
 * One run measures Weft, HAProxy, nginx and Envoy in turn, on the same machine with the same upstream and load:
 * `npm run bench:proxy`. `bench/README.md` says what the figures mean.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readOptions, usage, type Options } from "./options.ts";
import { topFunctions } from "./profile.ts";
import type { Program } from "./program.ts";
import { asJson, head, remarks, rows, type Result } from "./report.ts";
import { missing } from "./requirements.ts";
import type { Work } from "./work.ts";

/** Milliseconds for the rounds of all works together; starting and warming up need half as much again. */
const patience = 200_000;

const note = (text: string) => process.stderr.write(`${text}\n`);

async function measure(work: Work, options: Options): Promise<Result> {
  const { rounds, subjects } = options;
  note(`${work.title} …`);
  const folder = mkdtempSync(join(tmpdir(), "weft-bench-"));
  const profiles = join(folder, "profiles");
  if (options.profile) mkdirSync(profiles);
  const running: Program[] = [];
  const keep = <Kept extends Program>(program: Kept): Kept => {
    running.push(program);
    return program;
  };
  try {
    const run = {
      folder,
      rounds,
      patience: patience / options.works.length,
      subjects,
      note,
      keep,
      ...(options.profile && { profiles }),
    };
    return { title: work.title, measures: await work.measure(run) };
  } finally {
    await Promise.all(running.map((program) => program.close()));
    if (options.profile)
      note(`\n${work.title}: functions that used the most CPU themselves\n${topFunctions(profiles)}`);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(options: Options): Promise<void> {
  const results: Result[] = [];
  if (!options.json) process.stdout.write(head);
  for (const work of options.works) {
    const result = await measure(work, options);
    results.push(result);
    if (!options.json) process.stdout.write(rows(result));
  }
  if (options.json) process.stdout.write(`${JSON.stringify(asJson(results), undefined, 2)}\n`);
  else for (const remark of remarks(results)) process.stdout.write(`- ${remark}\n`);
}

try {
  const options = readOptions(process.argv.slice(2));
  const lacking = missing(options);
  if (lacking.length > 0) throw new Error(lacking.join("\n"));
  await main(options);
} catch (error) {
  process.exitCode = 1;
  note(`bench:proxy: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
}
