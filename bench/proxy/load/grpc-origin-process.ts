/** A gRPC server of one unary method: takes any message, answers with one of 100 bytes. Its port goes to the parent. */
import { createServer, constants } from "node:http2";
import type { AddressInfo } from "node:net";

const size = 100;
/** Not compressed, its length, its bytes. */
const answer = Buffer.concat([Buffer.of(0, 0, 0, 0, size), Buffer.alloc(size, "x")]);

const server = createServer({ settings: { maxConcurrentStreams: 1000 } });
server.on("stream", (stream) => {
  stream.on("error", () => stream.close(constants.NGHTTP2_CANCEL));
  stream.resume();
  stream.on("end", () => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(answer);
  });
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.once("disconnect", () => process.exit());
