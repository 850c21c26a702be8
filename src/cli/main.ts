import { closest, explain, Fault } from "../base/index.ts";
import { readArguments } from "./arguments.ts";
import { helpOf, overview } from "./help.ts";
import { painter, systemTerminal, type Terminal } from "./terminal.ts";
import { Misuse } from "./verb.ts";
import { verbs } from "./verbs.ts";
import { version } from "./version.ts";

/** The program: reads the command line of this process and ends it with the exit code. */
export async function runProgram(): Promise<void> {
  const args = process.argv.slice(2);
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      // Whoever read this has gone. A mesh does not stop for that; everything else has nobody left to write for.
      if (error.code === "EPIPE" && !args[0]?.startsWith("up")) process.exit(0);
    });
  }
  // Timers of the clock and idle connections keep no process alive; work that is not done does.
  setInterval(() => undefined, 2 ** 30);
  const code = await main(args, systemTerminal());
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write("", done))));
  process.exit(code);
}

/** Runs one command line; gives the exit code: 0 fine, 1 failed, 2 misused (`weft status`: 3 nothing runs). */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await run(args, terminal);
  } catch (error) {
    terminal.err(`weft: ${explain(error)}\n`);
    const isExpected = error instanceof Fault;
    if (!isExpected && terminal.env["WEFT_DEBUG"] && error instanceof Error) terminal.err(`${error.stack ?? ""}\n`);
    else if (!isExpected) terminal.err("  this should not happen; WEFT_DEBUG=1 shows where it did\n");
    return error instanceof Misuse ? 2 : 1;
  }
}

async function run([first, ...rest]: readonly string[], terminal: Terminal): Promise<number> {
  const paint = painter(terminal.colours);
  const shown = verbs.filter((verb) => !("hidden" in verb));
  const asksHelp = first === "help" || first === "--help" || first === "-h";
  if (first === "--version" || first === "-v" || first === "version") {
    terminal.out(`weft ${version()}\n`);
    return 0;
  }
  if (first === undefined || (asksHelp && rest[0] === undefined)) {
    const text = overview(shown, paint);
    if (first === undefined) terminal.err(text);
    else terminal.out(text);
    return first === undefined ? 2 : 0;
  }
  const name = asksHelp ? rest[0] : first;
  const row = verbs.find((verb) => verb.name === name);
  if (!row) throw unknownVerb(name ?? "", shown);
  const verb = await row.load();
  if (asksHelp || asksForHelp(rest)) {
    terminal.out(helpOf(row.name, row.summary, verb, paint));
    return 0;
  }
  return await verb.run(readArguments(row.name, verb, rest, terminal));
}

/** Before `--`, whatever else is wrong with the command line. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? undefined : end).some((arg) => arg === "--help" || arg === "-h");
}

function unknownVerb(name: string, shown: readonly { readonly name: string }[]): Misuse {
  const names = shown.map((verb) => verb.name);
  if (name.startsWith("-")) return new Misuse(`weft has no option ${name}`, "`weft --help` shows what there is");
  const meant = closest(name, names);
  return new Misuse(
    `weft has no verb "${name}"`,
    meant === undefined ? `there are: ${names.join(", ")}` : `did you mean \`weft ${meant}\`?`,
  );
}
