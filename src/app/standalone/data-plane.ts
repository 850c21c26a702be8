import type { Bootstrap, BoundPort, PageReply, PageRequest } from "../../proxy/index.ts";

/** What carries the traffic of a bootstrap: this process, or several of its own. */
export interface DataPlane {
  readonly bound: readonly BoundPort[];
  /** Puts a checked bootstrap in force. Rejects, with nothing changed, when a port cannot be bound. */
  serve(bootstrap: Bootstrap): Promise<void>;
  /** An admin page. */
  page(request: PageRequest): Promise<PageReply>;
  /** Takes no new connections; resolves when there are none any more. */
  drain(): Promise<void>;
  close(): Promise<void>;
}
