// On the path of requests of gRPC-Web.
import {
  Base64Reader,
  fieldValue,
  grpcMessage,
  grpcStatusOf,
  isGrpcType,
  removeField,
  webFormOf,
  webTrailers,
  WebTextWriter,
  type BodyEnd,
  type Refusal,
  type RequestMessage,
  type ResponseMessage,
} from "../../wire/index.ts";
import { copyOf } from "../net/socket.ts";
import type { ServerStream } from "./codec.ts";
import type { Origin } from "./surroundings.ts";

/** Bytes of an answer that is no gRPC which become its message. */
const mostMessage = 4096;

/** What a request of gRPC-Web needs on its way; undefined: it is none. Makes the request one of gRPC. */
export function takeWebRequest(message: RequestMessage, server: ServerStream): GrpcWeb | undefined {
  const { fields } = message;
  const form = webFormOf(fieldValue(fields, "content-type"));
  if (form === undefined) return undefined;
  replaceField(fields, "content-type", "application/grpc");
  replaceField(fields, "grpc-accept-encoding", "identity");
  message.takesTrailers = true;
  if (message.contentLength > 0) message.chunked = true;
  message.contentLength = -1;
  const text = webFormOf(fieldValue(fields, "accept")) === "text";
  return {
    reader: form === "text" ? new Base64Reader() : undefined,
    server: new WebAnswer(server, text ? new WebTextWriter() : undefined),
  };
}

export interface GrpcWeb {
  /** Of a body in base64. */
  readonly reader: Base64Reader | undefined;
  /** Takes answers of gRPC and gives the client what it understands. */
  readonly server: ServerStream;
}

function replaceField(fields: string[], name: string, value: string): void {
  removeField(fields, name);
  fields.push(name, value);
}

/** The way back to a client of gRPC-Web: trailers become the body's last frame, and all of it text where it is asked for. */
class WebAnswer implements ServerStream {
  readonly #server: ServerStream;
  readonly #writer: WebTextWriter | undefined;
  /** The head of an answer that is no gRPC, and the beginning of its body. */
  #foreign: ResponseMessage | undefined;
  readonly #beginning: Buffer[] = [];
  #kept = 0;

  constructor(server: ServerStream, writer: WebTextWriter | undefined) {
    this.#server = server;
    this.#writer = writer;
  }

  get origin(): Origin {
    return this.#server.origin;
  }

  respond(message: ResponseMessage, end: BodyEnd): void {
    const type = fieldValue(message.fields, "content-type");
    this.#ownType(message);
    if (end === "none") return this.#server.respond(message, end);
    if (type === undefined || !(isGrpcType(type) || webFormOf(type))) {
      this.#foreign = message;
      return;
    }
    // Trailers and text make it longer than it was said to be.
    message.contentLength = -1;
    message.chunked = true;
    this.#server.respond(message, "chunked");
  }

  body(buffer: Buffer, start: number, end: number): boolean {
    if (this.#foreign) {
      const stop = Math.min(end, start + mostMessage - this.#kept);
      if (stop > start) this.#beginning.push(copyOf(buffer, start, stop));
      this.#kept += stop - start;
      return true;
    }
    return this.#writer ? this.#text(this.#writer.write(buffer, start, end)) : this.#server.body(buffer, start, end);
  }

  endResponse(trailers: readonly string[] | undefined, clean: boolean): void {
    const foreign = this.#foreign;
    if (foreign) {
      this.#tell(foreign, Buffer.concat(this.#beginning).latin1Slice());
      this.#server.respond(foreign, "none");
    } else {
      if (this.#writer) this.#text(this.#writer.end());
      if (trailers && trailers.length > 0) this.#last(webTrailers(trailers));
    }
    this.#server.endResponse(undefined, clean);
  }

  reply(message: ResponseMessage, body: string, clean: boolean): void {
    this.#ownType(message);
    if (body !== "") this.#tell(message, body);
    this.#server.reply(message, "", clean);
  }

  /** What was a body becomes the message of a status, as Envoy has it. */
  #tell(message: ResponseMessage, body: string): void {
    if (body !== "") replaceField(message.fields, "grpc-message", grpcMessage(body));
    if (fieldValue(message.fields, "grpc-status") === undefined) {
      message.fields.push("grpc-status", String(grpcStatusOf(message.status)));
    }
    message.contentLength = 0;
    message.chunked = false;
  }

  #ownType({ fields }: ResponseMessage): void {
    replaceField(
      fields,
      "content-type",
      this.#writer ? "application/grpc-web-text+proto" : "application/grpc-web+proto",
    );
  }

  #last(frame: Buffer): void {
    if (this.#writer) this.#text(frame.toString("base64"));
    else this.#server.body(frame, 0, frame.length);
  }

  #text(text: string): boolean {
    return text === "" || this.#server.body(Buffer.from(text, "latin1"), 0, text.length);
  }

  // What is the same for all.

  pause(): void {
    this.#server.pause();
  }

  resume(): void {
    this.#server.resume();
  }

  inform(message: ResponseMessage): void {
    this.#server.inform(message);
  }

  flush(): void {
    this.#server.flush();
  }

  refuse(status: Refusal["status"], reason: string): void {
    this.#server.refuse(status, reason);
  }

  tunnel(): void {
    this.#server.tunnel();
  }

  endTunnel(): void {
    this.#server.endTunnel();
  }

  breakOff(): void {
    this.#server.breakOff();
  }
}
