/** Opens connections, asks once on each, and holds them; `0` connections lets go of them. */
import { connect, type Socket } from "node:net";
import { serve } from "./answer.ts";
import { answers, request } from "./request.ts";

export interface Idle {
  readonly port: number;
  readonly path: string;
  readonly body: number;
  readonly connections: number;
}

/** How many are being opened at the same time. */
const atOnce = 32;
const held: Socket[] = [];

async function hold({ port, path, body, connections }: Idle): Promise<object> {
  if (connections === 0) for (const socket of held.splice(0)) socket.resetAndDestroy();
  let left = connections;
  const worker = async () => {
    for (; left > 0;) {
      left -= 1;
      held.push(await open(port, request(path), body));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const lost = held.filter(({ destroyed }) => destroyed).length;
  if (lost > 0) throw new Error(`${lost} of ${held.length} connections were closed`);
  return {};
}

function open(port: number, bytes: Buffer, body: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(why));
    const onread = answers(body, () => resolve(socket), fail);
    const socket: Socket = connect({ host: "127.0.0.1", port, noDelay: true, onread });
    socket.on("connect", () => socket.write(bytes));
    socket.on("error", (error) => fail(error.message));
    socket.on("end", () => fail("closed by the proxy"));
  });
}

serve(hold);
