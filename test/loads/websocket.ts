import { once } from "node:events";
import { WebSocket } from "ws";
import type { Load } from "./load.ts";

/** Says something, waits for the answer, and so on, until the other side says goodbye. */
export async function overWebSocket(load: Load, address: string): Promise<void> {
  while (load.goesOn) {
    try {
      await converse(load, address);
      if (load.leaving) return;
    } catch (error) {
      load.failed("WebSocket", address, error);
      if (load.leaving) return;
    }
    await load.rest();
  }
}

async function converse(load: Load, address: string): Promise<void> {
  const socket = new WebSocket(`ws://${address}:${load.ports.web}/socket`);
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined);
  socket.on("error", broken.reject);
  socket.on("close", (code) => broken.reject(new Error(`closed with ${code}`)));
  await Promise.race([once(socket, "open"), broken.promise]);
  for (let isOver = false; load.goesOn && !isOver;) {
    socket.send("to and fro");
    const [answer] = await Promise.race([once(socket, "message"), broken.promise]);
    isOver = String(answer) === "bye";
    load.well("WebSocket");
    await load.rest();
  }
  socket.removeAllListeners("close");
  socket.close(1000);
  await once(socket, "close");
}
