/**
 * Gives the codecs bytes nobody should send: seeds of the corpus, mutated. `npm run fuzz -- --minutes 10 [--seed 7]`
 * A failure is written as a file that joins the corpus, shown with the seed that leads to it, and ends the run with 1.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { seededChance } from "../../src/base/index.ts";
import { cuts, mutated } from "./mutation.ts";
import { properties } from "./properties.ts";
import { SecondReader } from "./second-reader.ts";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "1" }, seed: { type: "string" }, findings: { type: "string" } },
});
const minutes = Number(values.minutes);
const first = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
if (!(minutes >= 0) || !Number.isInteger(first)) {
  process.stderr.write("fuzz: --minutes is a number of minutes, --seed a whole number\n");
  process.exit(2);
}

/** Seeds of a kind: `.hex` files hold digits with blanks, others text whose line ends are CRLF. */
function seedsOf(kind: string): readonly [Buffer, ...Buffer[]] {
  const folder = join(import.meta.dirname, "corpus", kind);
  const [seed, ...more] = readdirSync(folder)
    .toSorted()
    .map((name) => {
      const text = readFileSync(join(folder, name), "latin1");
      return name.endsWith(".hex")
        ? Buffer.from(text.replaceAll(/#.*|\s/g, ""), "hex")
        : Buffer.from(text.replaceAll(/\r?\n/g, "\r\n"), "latin1");
    });
  if (!seed) throw new Error(`no seeds in ${folder}`);
  return [seed, ...more];
}

const targets = Object.entries(properties).map(([name, { corpus, holds }]) => ({
  name,
  seeds: seedsOf(corpus),
  corpus,
  holds,
}));
const second = new SecondReader();

async function failure(run: () => Promise<void>): Promise<Error | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The shortest beginning, then the fewest bytes, that still fail. */
async function smallest(bytes: Buffer, fails: (bytes: Buffer) => Promise<boolean>): Promise<Buffer> {
  let small = bytes;
  for (let size = Math.ceil(small.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < small.length;) {
      const without = Buffer.concat([small.subarray(0, at), small.subarray(at + size)]);
      if (await fails(without)) small = without;
      else at += size;
    }
  }
  return small;
}

async function fuzz(): Promise<number> {
  const end = Date.now() + minutes * 60_000;
  for (const { name, seeds, holds } of targets) {
    for (const bytes of seeds) {
      const failed = await failure(() => holds(bytes, [1, 2, 3], second));
      if (failed) return report(name, bytes, first, failed);
    }
  }
  let runs = 0;
  for (let seed = first; Date.now() < end; seed += 1) {
    for (const { name, seeds, holds } of targets) {
      const chance = seededChance(seed);
      const bytes = mutated(chance, seeds);
      const lengths = cuts(chance);
      const failed = await failure(() => holds(bytes, lengths, second));
      runs += 1;
      if (!failed) continue;
      const small = await smallest(
        bytes,
        async (less) => (await failure(() => holds(less, lengths, second))) !== undefined,
      );
      return report(name, small, seed, failed);
    }
  }
  process.stdout.write(`fuzz: ${runs} inputs from seed ${first}, nothing found\n`);
  return 0;
}

function report(name: string, bytes: Buffer, seed: number, failed: Error): number {
  const folder = values.findings ?? join(import.meta.dirname, "findings");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name.replaceAll(" ", "-")}-${seed}.hex`);
  writeFileSync(file, `# ${failed.message.split("\n")[0]}\n${bytes.toString("hex")}\n`);
  process.stderr.write(
    `fuzz: ${name}, seed ${seed}: ${failed.message}\n${JSON.stringify(bytes.latin1Slice())}\nkept in ${file}\n`,
  );
  return 1;
}

process.exitCode = await fuzz();
second.close();
