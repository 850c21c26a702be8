import type { Kind, KubeObject, ObjectName } from "../model/index.ts";
import { Fault } from "../base/index.ts";

/**
 * The door to the objects: what the API server offers, whether it is reached in the same process or over HTTPS.
 * Controllers, the command line and the console all speak to this interface; nobody writes to a Store directly.
 * Every method rejects with an {@link ApiFault} when the server says no.
 */
export interface Client {
  /** Undefined when there is no such object. */
  get<T extends KubeObject>(kind: Kind<T>, name: ObjectName): Promise<T | undefined>;
  list<T extends KubeObject>(kind: Kind<T>, options?: ListOptions): Promise<ObjectList<T>>;
  create<T extends KubeObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T>;
  /** Replaces all but status. With `metadata.resourceVersion`, only that version (Conflict otherwise). */
  replace<T extends KubeObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T>;
  /** Replaces status only. */
  replaceStatus<T extends KubeObject>(kind: Kind<T>, object: T): Promise<T>;
  patch<T extends KubeObject>(kind: Kind<T>, name: ObjectName, patch: Patch, options?: WriteOptions): Promise<T>;
  /** Resolves when the server has accepted the deletion (the object may still be ending). NotFound is an ApiFault. */
  delete<T extends KubeObject>(kind: Kind<T>, name: ObjectName, options?: DeleteOptions): Promise<void>;
  /**
   * Events after `resourceVersion` (from `list`). `ended` is called once when the watch is over:
   * with an ApiFault of code 410 when the version is too old (list again), another error when the connection broke,
   * or nothing when it was closed by `close()`.
   */
  watch<T extends KubeObject>(kind: Kind<T>, options: WatchOptions, sink: WatchSink<T>): Watch;
}

export interface ListOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  /** Kubernetes syntax: `app=web,tier in (a,b),!old`. */
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

interface ObjectList<T> {
  readonly items: readonly T[];
  /** Where a watch may go on. */
  readonly resourceVersion: string;
}

export interface WriteOptions {
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  /** Collects `Warning:` texts of the server. */
  readonly onWarning?: (text: string) => void;
  /** Write the `/status` subresource (patch only). */
  readonly status?: boolean;
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
  readonly uid?: string;
  readonly dryRun?: boolean;
}

export interface Patch {
  readonly type: "merge" | "json" | "strategic";
  readonly body: unknown;
}

export interface WatchOptions extends ListOptions {
  readonly resourceVersion: string;
}

export type WatchEvent<T> = { readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK"; readonly object: T };

export interface WatchSink<T> {
  event(event: WatchEvent<T>): void;
  ended(error?: unknown): void;
}

export interface Watch {
  close(): void;
}

/** `reason` is Kubernetes' own word: NotFound, AlreadyExists, Conflict, Invalid, Expired, Forbidden, … */
export class ApiFault extends Fault {
  readonly status: number;
  readonly reason: string;
  readonly details: unknown;

  constructor(status: number, reason: string, message: string, details?: unknown) {
    super(reason, message);
    this.name = "ApiFault";
    this.status = status;
    this.reason = reason;
    this.details = details;
  }
}
