import type { ReadStatus, RunUp, TakeDown } from "../app/index.ts";

/** What runs a mesh, asks one how it is, and ends it. */
export interface Compositions {
  readonly runUp: RunUp;
  readonly readStatus: ReadStatus;
  readonly takeDown: TakeDown;
}

export type Load = () => Promise<Compositions>;

/** Loaded when a mesh is really run, asked or ended, not for its help. */
export const loadCompositions: Load = async () => import("../app/index.ts");
