/** Writes bytes into connections, 64 KB at a time, and waits until whoever reads them has said that all have come. */
import { connect, type Socket } from "node:net";
import { serve } from "./answer.ts";

export interface Stream {
  readonly port: number;
  readonly connections: number;
  /** Writes of each connection. */
  readonly writes: number;
}

export const writeBytes = 65_536;
const piece = Buffer.alloc(writeBytes, "x");

function write({ port, writes }: Stream): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = writes;
    let said = "";
    const socket: Socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true }, () => more());
    const more = () => {
      for (; left > 0; left -= 1) {
        if (socket.write(piece)) continue;
        left -= 1;
        return void socket.once("drain", more);
      }
      socket.end();
    };
    socket.on("data", (bytes: Buffer) => (said += bytes.latin1Slice()));
    socket.on("error", reject);
    socket.on("close", () => {
      const wanted = String(writes * writeBytes);
      if (said === wanted) resolve();
      else reject(new Error(`${wanted} bytes were sent, and the reader said: ${JSON.stringify(said)}`));
    });
  });
}

serve(async (stream: Stream) => {
  await Promise.all(Array.from({ length: stream.connections }, () => write(stream)));
  return {};
});
