/** A program of a story: says who it is and what it was spoken to in, on a port for each protocol. Usage: speaker.ts NAME CERTIFICATE KEY */
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";

const [name = "", certificate = "", key = ""] = process.argv.slice(2);

createHttpServer((request, response) => response.end(`${name} over HTTP/${request.httpVersion}`)).listen(8080);

// Calls of gRPC on `/speak.Speaker/Say`, requests on all other paths.
createHttp2Server((request, response) => {
  if (request.headers["content-type"] !== "application/grpc") {
    response.end(`${name} over HTTP/${request.httpVersion}`);
    return;
  }
  const said = Buffer.from(name);
  // A message of gRPC: not compressed, its length, then the one field of a protobuf message.
  const message = Buffer.concat([Buffer.from([0, 0, 0, 0, said.length + 2, 0x0a, said.length]), said]);
  response.addTrailers({ "grpc-status": "0" });
  response.writeHead(200, { "content-type": "application/grpc" });
  request.resume().on("end", () => response.end(message));
}).listen(50_051);

createTlsServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (socket) => {
  socket.on("error", () => undefined).end(`${name} over TLS for ${String(socket.servername)}`);
}).listen(8443);

// Sends back what it gets, as a server of any protocol of bytes.
createServer((socket) => socket.on("error", () => socket.destroy()).pipe(socket)).listen(27_017);
