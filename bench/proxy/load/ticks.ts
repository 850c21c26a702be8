/** A thread that says when each request is due: a timer of an event loop is up to a millisecond late, this one some ten microseconds. */
import { workerData, type MessagePort } from "node:worker_threads";

export interface Ticks {
  /** When the first is due: microseconds of the system's steady clock. */
  readonly first: number;
  readonly count: number;
  /** Requests of a second. */
  readonly rate: number;
  /** Gets the number of each that is due. */
  readonly port: MessagePort;
}

const { first, count, rate, port } = workerData as Ticks;
/** Microseconds a sleeping thread may wake late. */
const leeway = 80;

const now = () => Number(process.hrtime.bigint() / 1000n);
const bed = new Int32Array(new SharedArrayBuffer(4));

for (let index = 0; index < count; index += 1) {
  const due = first + (index * 1e6) / rate;
  const rest = due - leeway - now();
  if (rest > 0) Atomics.wait(bed, 0, 0, rest / 1000);
  while (now() < due);
  port.postMessage(index, []);
}
