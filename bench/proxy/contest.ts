/** Subjects that do the same work beside each other, in turn, so that a noisy machine is noisy for all of them. */
import { cpuSeconds, familyOf } from "./account.ts";
import type { Run, Subject, SubjectName } from "./work.ts";

/** How each subject is started for a work; a text: why it takes no part in it. */
export type Entrants = Readonly<Partial<Record<SubjectName, string | (() => Promise<Subject>)>>>;

export interface Contestant {
  readonly name: SubjectName;
  readonly subject: Subject;
  readonly pids: readonly number[];
}

/** One turn: what was measured of each thing. */
export type Turn = (contestant: Contestant) => Promise<readonly number[]>;

export interface Contest {
  readonly values: readonly Readonly<Partial<Record<SubjectName, readonly number[]>>>[];
  readonly absent: Readonly<Partial<Record<SubjectName, string>>>;
}

/** Starts those asked for, lets each warm up, then measures them in turn, each round anew. `things`: how many values a turn gives. */
export async function contest(
  run: Run,
  entrants: Entrants,
  things: number,
  turn: Turn,
  warmUp: (contestant: Contestant) => Promise<unknown> = turn,
): Promise<Contest> {
  const absent: Partial<Record<SubjectName, string>> = {};
  const present: Contestant[] = [];
  for (const name of run.subjects) {
    const start = entrants[name] ?? "takes no part";
    try {
      if (typeof start === "string") throw new Error(start);
      const subject = await start();
      const contestant = { name, subject, pids: familyOf(subject.programs.map(({ pid }) => pid)) };
      // Unmeasured: code is compiled, connections to the origin are made; who cannot do the work says so here.
      await warmUp(contestant);
      await warmUp(contestant);
      present.push(contestant);
    } catch (error) {
      absent[name] = error instanceof Error ? error.message : String(error);
      run.note(`${name}: ${absent[name]}`);
    }
  }
  const values: Partial<Record<SubjectName, number[]>>[] = Array.from({ length: things }, () => ({}));
  const begun = performance.now();
  for (let round = 0; round < run.rounds; round += 1) {
    const soFar = performance.now() - begun;
    // A round that would end too late is not begun, but there is always one.
    if (round > 0 && soFar + soFar / round > run.patience) {
      run.note(`no time for more than ${round} of ${run.rounds} rounds`);
      break;
    }
    // Nobody is always the one after another.
    const order = round % 2 === 0 ? present : present.toReversed();
    for (const contestant of order) {
      const measured = await turn(contestant);
      for (const [index, each] of values.entries()) (each[contestant.name] ??= []).push(measured[index] ?? Number.NaN);
    }
  }
  return { values, absent };
}

/** CPU seconds a contestant uses while something is done. */
export async function cpuOf({ pids }: Contestant, work: () => Promise<unknown>): Promise<number> {
  const before = cpuSeconds(pids);
  await work();
  return cpuSeconds(pids) - before;
}
