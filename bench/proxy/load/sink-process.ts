/** Reads what comes; says at its end how many bytes there were. Its port goes to the parent. */
import { createServer, Socket, type AddressInfo } from "node:net";

const shared = Buffer.allocUnsafeSlow(262_144);

const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (accepted) => {
  const holder = accepted as unknown as { _handle: unknown };
  let bytes = 0;
  const onread = {
    buffer: shared,
    callback(length: number) {
      bytes += length;
      return true;
    },
  };
  const options = { handle: holder._handle, onread, allowHalfOpen: true };
  const socket = new Socket(options as unknown as ConstructorParameters<typeof Socket>[0]);
  holder._handle = null;
  socket.on("end", () => socket.end(String(bytes)));
  socket.on("error", () => socket.destroy());
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.once("disconnect", () => process.exit());
