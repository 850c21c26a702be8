/** What a peer may send in one head. */
export interface HeadLimits {
  /** Bytes of the whole head, start line included. */
  readonly head: number;
  readonly fields: number;
  /** Bytes of a request's target. */
  readonly target: number;
}

/** Envoy's own: 60 KiB and 100 fields. */
export const defaultLimits: HeadLimits = { head: 61_440, fields: 100, target: 32_768 };
