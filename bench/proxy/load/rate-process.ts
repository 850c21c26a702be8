/**
 * Sends requests at a constant rate, whatever the answers do, and measures each from the moment it was meant to be sent:
 * an answer that is late makes those behind it late too.
 */
import { connect, type Socket } from "node:net";
import { MessageChannel, Worker } from "node:worker_threads";
import { serve } from "./answer.ts";
import { answers, request } from "./request.ts";
import type { Ticks } from "./ticks.ts";

export interface Rate {
  readonly port: number;
  readonly path: string;
  readonly body: number;
  readonly connections: number;
  /** Requests of a second. */
  readonly rate: number;
  readonly seconds: number;
}

/** Microseconds. */
export interface Latencies {
  readonly p50: number;
  readonly p99: number;
  /** How late this program itself was: what the 99th of a hundred requests waited to be sent, though a connection was idle. */
  readonly lag: number;
}

/** What of a run is not measured: connections are made, and code that rested wakes. */
const unmeasured = 0.2;

const now = () => Number(process.hrtime.bigint() / 1000n);

function run({ port, path, body, connections, rate, seconds }: Rate): Promise<Latencies> {
  const bytes = request(path);
  const count = Math.round(rate * seconds);
  const latencies = new Float64Array(count);
  const lags = new Float64Array(count);
  /** Those meant to be sent that wait for a connection: their numbers. */
  const waiting: number[] = [];
  const idle: Socket[] = [];
  const sockets: Socket[] = [];
  const first = now() + 100_000;
  const meant = (index: number) => first + (index * 1e6) / rate;
  let answered = 0;
  const { port1: due, port2 } = new MessageChannel();
  const workerData = { first, count, rate, port: port2 } satisfies Ticks;
  const ticks = new Worker(new URL("ticks.ts", import.meta.url), { workerData, transferList: [port2] });
  return new Promise<Latencies>((resolve, reject) => {
    const underWay = new Map<Socket, number>();
    const fail = (why: string) => reject(new Error(why));
    const summary = () => {
      const [p50, p99] = [quantile(measured(latencies), 0.5), quantile(measured(latencies), 0.99)];
      return { p50, p99, lag: quantile(measured(lags), 0.99) };
    };
    const send = (socket: Socket, index: number) => {
      underWay.set(socket, index);
      socket.write(bytes);
    };
    const open = () => {
      const done = () => {
        const index = underWay.get(socket) ?? 0;
        latencies[index] = now() - meant(index);
        answered += 1;
        if (answered === count) return resolve(summary());
        const next = waiting.shift();
        if (next === undefined) idle.push(socket);
        else send(socket, next);
      };
      const socket: Socket = connect({ host: "127.0.0.1", port, noDelay: true, onread: answers(body, done, fail) });
      socket.on("connect", () => idle.push(socket));
      socket.on("error", (error) => fail(error.message));
      socket.on("end", () => fail("closed by the proxy"));
      sockets.push(socket);
    };
    for (let each = 0; each < connections; each += 1) open();
    due.on("message", (index: number) => {
      // The one that rested longest: all connections are used in turn.
      const socket = idle.shift();
      if (socket) lags[index] = now() - meant(index);
      if (socket) send(socket, index);
      else waiting.push(index);
    });
    ticks.on("error", reject);
  }).finally(() => {
    for (const socket of sockets) socket.destroy();
    due.close();
    void ticks.terminate();
  });
}

const measured = (values: Float64Array) => values.subarray(Math.floor(values.length * unmeasured));

function quantile(values: Float64Array, share: number): number {
  return values.toSorted()[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;
}

serve(run);
