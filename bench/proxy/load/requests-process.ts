/** Sends a fixed number of requests over kept connections, one at a time on each; answers when all are answered. */
import { connect, type Socket } from "node:net";
import { serve } from "./answer.ts";
import { answers, request } from "./request.ts";

export interface Load {
  readonly port: number;
  readonly path: string;
  /** Bytes of every answer's body. */
  readonly body: number;
  readonly connections: number;
  readonly requests: number;
}

function run({ port, path, body, connections, requests }: Load): Promise<object> {
  const bytes = request(path);
  const sockets: Socket[] = [];
  let unsent = requests;
  let unanswered = requests;
  return new Promise<object>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(why));
    const open = () => {
      const next = () => {
        if (unsent === 0) return void socket.destroy();
        unsent -= 1;
        socket.write(bytes);
      };
      const answered = () => {
        unanswered -= 1;
        next();
        if (unanswered === 0) resolve({ requests });
      };
      const socket = connect({ host: "127.0.0.1", port, noDelay: true, onread: answers(body, answered, fail) });
      socket.on("connect", next);
      socket.on("error", (error) => fail(error.message));
      socket.on("end", () => fail("closed by the proxy"));
      sockets.push(socket);
    };
    for (let count = 0; count < connections; count += 1) open();
  }).finally(() => {
    for (const socket of sockets) socket.destroy();
  });
}

serve(run);
