/** What a work is: something all subjects do in turn, and what was measured of it. */
import type { Program } from "./program.ts";

export const subjectNames = ["weft", "haproxy", "nginx", "envoy"] as const;
export type SubjectName = (typeof subjectNames)[number];

export const titles: Readonly<Record<SubjectName, string>> = {
  weft: "Weft",
  haproxy: "HAProxy",
  nginx: "nginx",
  envoy: "Envoy",
};

/** What carries the traffic of one subject: one proxy, or the two of a pair. */
export interface Subject {
  readonly programs: readonly Program[];
  /** Where clients connect to, on 127.0.0.1. */
  readonly port: number;
}

/** What was measured of one thing, each value being that of one round. */
export interface Measure {
  readonly what: string;
  readonly unit: string;
  readonly values: Readonly<Partial<Record<SubjectName, readonly number[]>>>;
  /** Why there are no values. */
  readonly absent: Readonly<Partial<Record<SubjectName, string>>>;
  readonly goals: readonly Goal[];
}

/** What Weft's median is held to. */
export interface Goal {
  readonly is: "most" | "least";
  /** A multiple of this subject's value in the same round; absent: a value of its own. */
  readonly times?: SubjectName;
  readonly value: number;
}

export const atMost = (value: number, times?: SubjectName): Goal => ({ is: "most", value, ...(times && { times }) });
export const atLeast = (value: number, times?: SubjectName): Goal => ({ is: "least", value, ...(times && { times }) });

/** What a run was asked for, and where it keeps its files. */
export interface Run {
  readonly folder: string;
  readonly rounds: number;
  /** Milliseconds in which the rounds of one work must be done: on a busy machine there are fewer. */
  readonly patience: number;
  readonly subjects: readonly SubjectName[];
  /** Where Weft writes what it spent its time on; absent: it does not. */
  readonly profiles?: string;
  /** Says what goes on. */
  readonly note: (text: string) => void;
  /** Programs to be ended with the work. */
  readonly keep: <Kept extends Program>(program: Kept) => Kept;
}

export interface Work {
  readonly title: string;
  readonly measure: (run: Run) => Promise<readonly Measure[]>;
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};
