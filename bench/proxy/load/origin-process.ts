/** The server behind every proxy that is measured: answers each request with bytes made beforehand. Its port goes to the parent. */
import { createServer, Socket, type AddressInfo } from "node:net";
import { kilobyte, tiny } from "../sizes.ts";

const head = (length: number) =>
  `HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncache-control: no-store\r\ncontent-length: ${length}\r\n\r\n`;
const answers = new Map(
  [kilobyte, tiny].map(({ path, bytes }) => [path.charCodeAt(1), Buffer.from(head(bytes) + "x".repeat(bytes))]),
);
const shared = Buffer.allocUnsafeSlow(65_536);

/** Requests have no body, so one ends where the bytes end in an empty line. */
const server = createServer({ pauseOnConnect: true }, (accepted) => {
  const holder = accepted as unknown as { _handle: unknown };
  const socket: Socket = new Socket({
    handle: holder._handle,
    onread: {
      buffer: shared,
      callback(length: number) {
        // "GET /…": the first letter of the path says how much is wanted.
        const answer = answers.get(shared[5] ?? 0);
        if (!answer || shared[length - 1] !== 10 || shared[length - 3] !== 10) socket.destroy();
        else socket.write(answer);
        return true;
      },
    },
  } as unknown as ConstructorParameters<typeof Socket>[0]);
  holder._handle = null;
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.once("disconnect", () => process.exit());
