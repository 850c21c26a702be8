import type { Bootstrap, BoundPort, ChosenPorts, PageReply, PageRequest } from "../../proxy/index.ts";

/** What the first process says to those that carry traffic, over Node's IPC. Each question has its own `id`. */
export type ToWorker =
  | { readonly kind: "serve"; readonly id: number; readonly bootstrap: Bootstrap; readonly chosen: ChosenPorts }
  | { readonly kind: "page"; readonly id: number; readonly request: PageRequest }
  | { readonly kind: "drain"; readonly id: number };

/** What they say back. */
export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "serves"; readonly id: number; readonly bound: readonly BoundPort[] }
  | { readonly kind: "page"; readonly id: number; readonly reply: PageReply }
  | { readonly kind: "drained"; readonly id: number }
  | {
      readonly kind: "failed";
      readonly id: number;
      readonly code: string;
      readonly message: string;
      readonly remedy: string | undefined;
    }
  /** The admin pages asked for the end. */
  | { readonly kind: "quit" };
