/** What `npm run bench:proxy` can be asked. */
import { parseArgs } from "node:util";
import { subjectNames, type SubjectName, type Work } from "./work.ts";
import { http1 } from "./works/http1.ts";
import { grpc, http2 } from "./works/http2.ts";
import { latency } from "./works/latency.ts";
import { memory } from "./works/memory.ts";
import { mutualTls, oneHost } from "./works/pairs.ts";
import { tcp } from "./works/tcp.ts";

const works: Readonly<Record<string, Work>> = {
  http1,
  "one-host": oneHost,
  mtls: mutualTls,
  http2,
  grpc,
  tcp,
  latency,
  memory,
};

export interface Options {
  readonly works: readonly Work[];
  readonly subjects: readonly SubjectName[];
  readonly rounds: number;
  readonly profile: boolean;
  readonly json: boolean;
}

export const usage = `npm run bench:proxy -- [--only ${Object.keys(works).join(",")}] [--subjects ${subjectNames.join(",")}]
  [--rounds 5] [--profile] [-o json]

--profile measures Weft alone and prints the functions it spent its time in; its figures are then too high.
`;

/** Throws a sentence for what it does not understand. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", default: Object.keys(works).join(",") },
      subjects: { type: "string", default: subjectNames.join(",") },
      rounds: { type: "string", default: "5" },
      profile: { type: "boolean", default: false },
      output: { type: "string", short: "o", default: "table" },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) throw new Error("--rounds takes a number from 1 to 100");
  if (values.output !== "json" && values.output !== "table") throw new Error("-o takes json or table");
  const only = listed("--only", values.only, Object.keys(works));
  const subjects = listed("--subjects", values.subjects, subjectNames);
  return {
    works: Object.entries(works).flatMap(([name, work]) => (only.includes(name) ? [work] : [])),
    subjects: values.profile ? ["weft"] : subjects,
    rounds,
    profile: values.profile,
    json: values.output === "json",
  };
}

/** The known names that a list has, in the order they are known. */
function listed<Name extends string>(option: string, text: string, known: readonly Name[]): readonly Name[] {
  const asked = text.split(",");
  const unknown = asked.find((each) => !known.some((name) => name === each));
  if (unknown !== undefined)
    throw new Error(`${option} knows no ${unknown || "empty name"}; there are: ${known.join(", ")}`);
  return known.filter((name) => asked.includes(name));
}
