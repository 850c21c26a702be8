/** Sends a fixed number of requests over kept connections, one at a time on each; tells the parent when all are answered. */
import { connect } from "node:net";

export interface Load {
  readonly address: string;
  readonly port: number;
  readonly path: string;
  /** Bytes of every answer's body. */
  readonly body: number;
  readonly connections: number;
  readonly requests: number;
}

/** What a browser or a client library sends, more or less. */
const request = (path: string) =>
  Buffer.from(
    `GET ${path} HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n` +
      "Accept-Encoding: gzip, deflate, br\r\nAccept-Language: en\r\nCookie: session=0123456789abcdef\r\n\r\n",
  );

const shared = Buffer.allocUnsafeSlow(65_536);

function run({ address, port, path, body, connections, requests }: Load): Promise<void> {
  const bytes = request(path);
  let unsent = requests;
  let unanswered = requests;
  return new Promise((resolve, reject) => {
    const open = () => {
      let missing = 0;
      const fail = (why: string) => reject(new Error(`${address}:${port}${path}: ${why}`));
      const next = () => {
        if (unsent === 0) return void socket.destroy();
        unsent -= 1;
        socket.write(bytes);
      };
      const socket = connect({
        host: address,
        port,
        noDelay: true,
        onread: {
          buffer: shared,
          callback(length: number) {
            if (missing === 0) {
              const end = shared.indexOf("\r\n\r\n");
              if (end === -1 || end > length || shared[9] !== 50) {
                fail(`unexpected answer: ${JSON.stringify(shared.latin1Slice(0, Math.min(length, 200)))}`);
                return false;
              }
              missing = end + 4 + body;
            }
            missing -= length;
            if (missing > 0) return true;
            unanswered -= 1;
            next();
            if (unanswered === 0) resolve();
            return true;
          },
        },
      });
      socket.on("connect", next);
      socket.on("error", (error) => fail(error.message));
      socket.on("end", () => fail("closed by the proxy"));
    };
    for (let count = 0; count < connections; count += 1) open();
  });
}

process.on("message", (load: Load) => {
  run(load).then(
    () => process.send?.({ done: true }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  );
});
process.once("disconnect", () => process.exit());
