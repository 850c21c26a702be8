/** Streams that both sides ended: enough to name the fault right when a frame comes for one. */
const mostEnded = 32;
/** Streams we reset: frames of theirs may be on their way for as long as a peer takes to hear of it. */
const mostReset = 1000;

/** Remembers how streams ended, for frames that still come (RFC 9113 §5.1, closed). Bounded; the oldest are forgotten. */
export class ClosedStreams {
  #ended: Int32Array | undefined;
  #next = 0;
  /** Numbers, and how many bytes of DATA their windows still allow. */
  #reset: Map<number, number> | undefined;

  /** The stream came to its end, or the peer reset it: nothing may follow. */
  ended(id: number): void {
    this.#ended ??= new Int32Array(mostEnded);
    this.#ended[this.#next] = id;
    this.#next = (this.#next + 1) % mostEnded;
  }

  /** We reset it: what the peer sent before it knew is passed over, in the window it had. */
  weReset(id: number, window: number): void {
    this.#reset ??= new Map();
    this.#reset.set(id, window);
    if (this.#reset.size <= mostReset) return;
    for (const oldest of this.#reset.keys()) {
      this.#reset.delete(oldest);
      return;
    }
  }

  didEnd(id: number): boolean {
    return this.#ended?.includes(id) ?? false;
  }

  didWeReset(id: number): boolean {
    return this.#reset?.has(id) ?? false;
  }

  /** DATA of a stream we reset; false: more than the peer can have had a window for. */
  lateData(id: number, bytes: number): boolean {
    const left = (this.#reset?.get(id) ?? bytes) - bytes;
    if (this.#reset?.has(id)) this.#reset.set(id, left);
    return left >= 0;
  }
}
