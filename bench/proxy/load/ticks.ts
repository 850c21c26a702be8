/** A thread that says when each request is due: a timer of an event loop is up to a millisecond late, this one some ten microseconds. */
import { parentPort, workerData } from "node:worker_threads";

/** Microseconds of the system's steady clock; numbers of requests; requests of a second. */
const { first, count, rate } = workerData as { readonly first: number; readonly count: number; readonly rate: number };
/** Microseconds a sleeping thread may wake late. */
const leeway = 80;

const now = () => Number(process.hrtime.bigint() / 1000n);
const bed = new Int32Array(new SharedArrayBuffer(4));

for (let index = 0; index < count; index += 1) {
  const due = first + (index * 1e6) / rate;
  const rest = due - leeway - now();
  if (rest > 0) Atomics.wait(bed, 0, 0, rest / 1000);
  while (now() < due);
  parentPort?.postMessage(index);
}
