import { createServer, type IncomingMessage, type Server } from "node:http";
import { Duplex } from "node:stream";

export interface SecondReading {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly body: string;
}

class Wire extends Duplex {
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
}

/** Node's own strict HTTP/1.1 parser, as an endpoint behind the proxy: every request it finds in these bytes. */
export class SecondReader {
  readonly #server: Server;
  #found: SecondReading[] = [];

  constructor() {
    const found = (request: IncomingMessage) => {
      const { method = "", url: target = "", headers } = request;
      const reading = { method, target, host: headers.host ?? "", body: "" };
      this.#found.push(reading);
      request.on("data", (piece: Buffer) => (reading.body += piece.toString("latin1")));
      request.on("error", () => undefined);
    };
    this.#server = createServer(found);
    for (const event of ["checkContinue", "checkExpectation"]) this.#server.on(event, found);
    for (const event of ["upgrade", "connect"]) this.#server.on(event, found);
    this.#server.on("clientError", () => undefined);
  }

  async read(bytes: Buffer): Promise<readonly SecondReading[]> {
    this.#found = [];
    const wire = new Wire();
    wire.on("error", () => undefined);
    this.#server.emit("connection", wire);
    wire.push(bytes);
    for (let turn = 0; turn < 4; turn += 1) await new Promise<void>((resolve) => void setImmediate(resolve));
    wire.destroy();
    return this.#found;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
