import { once } from "node:events";
import { connect } from "node:net";
import type { Load } from "./load.ts";

/** Says a line, waits for the answer, and so on, until the other side says goodbye. */
export async function overTcp(load: Load, address: string): Promise<void> {
  while (load.goesOn) {
    try {
      await converse(load, address);
      if (load.leaving) return;
    } catch (error) {
      load.failed("TCP", address, error);
      if (load.leaving) return;
    }
    await load.rest();
  }
}

async function converse(load: Load, address: string): Promise<void> {
  const socket = connect({ port: load.ports.raw, host: address, allowHalfOpen: true });
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined);
  socket.on("error", broken.reject);
  socket.on("close", () => broken.reject(new Error("closed")));
  const ended = once(socket, "end");
  ended.catch(() => undefined);
  await Promise.race([once(socket, "connect"), broken.promise]);
  for (let isOver = false; load.goesOn && !isOver;) {
    socket.write("to and fro\n");
    const answered = once(socket, "data");
    answered.catch(() => undefined);
    const early = ended.then(() => Promise.reject(new Error("ended before an answer")));
    early.catch(() => undefined);
    const [answer] = await Promise.race([answered, early, broken.promise]);
    isOver = String(answer) === "bye\n";
    load.well("TCP");
    await load.rest();
  }
  socket.removeAllListeners("close");
  const closed = once(socket, "close");
  socket.end();
  socket.resume();
  await closed;
}
