import assert from "node:assert/strict";
import { createServer, request as request1, type IncomingHttpHeaders } from "node:http";
import { connect } from "node:http2";
import { after, afterEach, before, describe, test } from "node:test";
import { Metadata, status } from "@grpc/grpc-js";
import { filterTypes, type HttpConnectionManager } from "../xds/index.ts";
import { cluster, portOf, toCluster } from "./fixture.ts";
import { GrpcBetween } from "./grpc-fixture.ts";

const between = new GrpcBetween();
const filters: Pick<HttpConnectionManager, "http_filters"> = {
  http_filters: [
    { name: "web", typed_config: { "@type": filterTypes.grpcWeb } },
    { name: "stats", typed_config: { "@type": filterTypes.grpcStats } },
    { name: "router", typed_config: { "@type": filterTypes.router } },
  ],
};
before(async () => {
  await between.open();
  await between.route({}, filters);
});
after(() => between.close());
afterEach(() => between.route({}, filters));

const binary = "application/grpc-web+proto";
const text = "application/grpc-web-text";

/** A message as it is written, or the frame of trailers. */
function frame(body: string, flags = 0): Buffer {
  const bytes = Buffer.alloc(5 + body.length);
  bytes[0] = flags;
  bytes.writeUInt32BE(body.length, 1);
  bytes.write(body, 5, "latin1");
  return bytes;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Asked {
  readonly path?: string;
  readonly type?: string;
  readonly accept?: string;
  readonly body?: readonly (Buffer | string)[];
  /** Called for each piece of the answer. */
  readonly heard?: (piece: string) => void;
}

type Ask = (asked?: Asked) => Promise<Answer>;

function fieldsOf({ type = binary, accept }: Asked) {
  return { "content-type": type, "x-grpc-web": "1", ...(accept === undefined ? {} : { accept }) };
}

const overHttp1: Ask = (asked = {}) =>
  new Promise((resolve, reject) => {
    const { path = "/test.Echo/Unary", body = [frame("hi")], heard } = asked;
    const request = request1({ port: between.port, host: "127.0.0.1", method: "POST", path, headers: fieldsOf(asked) });
    request.on("error", reject);
    request.on("response", (response) => {
      let all = "";
      response.setEncoding("latin1");
      response.on("data", (piece: string) => {
        all += piece;
        heard?.(piece);
      });
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: all }));
    });
    for (const piece of body) request.write(piece);
    request.end();
  });

const overHttp2: Ask = (asked = {}) =>
  new Promise((resolve, reject) => {
    const { path = "/test.Echo/Unary", body = [frame("hi")], heard } = asked;
    const session = connect(`http://127.0.0.1:${between.port}`);
    session.on("error", reject);
    const stream = session.request({ ":method": "POST", ":path": path, ...fieldsOf(asked) });
    let answer = { status: 0, headers: {} };
    let all = "";
    stream.setEncoding("latin1");
    stream.on("response", (headers) => void (answer = { status: headers[":status"] ?? 0, headers }));
    stream.on("trailers", () => reject(new Error("trailers")));
    stream.on("data", (piece: string) => {
      all += piece;
      heard?.(piece);
    });
    stream.on("error", reject);
    stream.on("end", () => {
      session.close();
      resolve({ ...answer, body: all });
    });
    for (const piece of body) stream.write(piece);
    stream.end();
  });

const trailers = (code = 0, message = "OK") => frame(`grpc-status:${code}\r\ngrpc-message:${message}\r\n`, 0x80);
const base64 = (...frames: Buffer[]) => frames.map((bytes) => bytes.toString("base64")).join("");

for (const [version, ask] of [
  ["HTTP/1.1", overHttp1],
  ["HTTP/2", overHttp2],
] as const) {
  describe(`a client of gRPC-Web over ${version}`, () => {
    test("has trailers in the answer's last frame", async () => {
      const { status, headers, body } = await ask();
      assert.deepEqual([status, headers["content-type"], headers["content-length"]], [200, binary, undefined]);
      assert.equal(body, Buffer.concat([frame("hi"), trailers()]).latin1Slice());
    });

    test("reads and writes text where it says so", async () => {
      const whole = base64(frame("hello"));
      const asked = { type: text, accept: text, body: [whole.slice(0, 3), whole.slice(3)] };
      const { headers, body } = await ask(asked);
      assert.equal(headers["content-type"], "application/grpc-web-text+proto");
      assert.equal(body, base64(frame("hello"), trailers()));
    });

    test("may write text and read bytes", async () => {
      const { body } = await ask({ type: `${text}+proto`, body: [base64(frame("hello"))] });
      assert.equal(body, Buffer.concat([frame("hello"), trailers()]).latin1Slice());
    });

    test("hears each message of a stream when it was sent", async () => {
      let goOn = (): void => undefined;
      between.calls.serverStream = (call) => {
        goOn = () => {
          call.write(Buffer.from("two!"));
          call.end();
        };
        call.write(Buffer.from("one"));
      };
      let sofar = "";
      const { body } = await ask({
        path: "/test.Echo/ServerStream",
        accept: text,
        heard: (piece) => {
          sofar += piece;
          if (sofar === base64(frame("one"))) goOn();
        },
      });
      assert.equal(body, base64(frame("one"), frame("two!"), trailers()));
    });

    test("hears an error before any message in the answer's head, with its details", async () => {
      const details = new Metadata();
      details.set("x-why-bin", Buffer.from([1, 2]));
      between.calls.unary = (_, answer) => answer({ code: status.NOT_FOUND, details: "no", metadata: details });
      const { status: code, headers, body } = await ask();
      assert.deepEqual([code, body], [200, ""]);
      assert.deepEqual([headers["grpc-status"], headers["grpc-message"], headers["x-why-bin"]], ["5", "no", "AQI="]);
      assert.equal(headers["content-type"], binary);
    });

    test("hears what the proxy itself answers, with HTTP's status and gRPC's", async () => {
      await between.route([toCluster("empty")], filters);
      const unreachable = await ask();
      assert.equal(unreachable.status, 503);
      assert.equal(unreachable.headers["grpc-status"], "14");
      assert.equal(unreachable.headers["grpc-message"], "no healthy upstream");
      await between.route([], filters);
      const { status, headers } = await ask();
      assert.deepEqual([status, headers["content-type"]], [404, binary]);
    });

    test("is refused where its text is none", async () => {
      for (const body of ["AAA", "AA!A", "AAAAAAMB*A=="]) {
        const { status, headers } = await ask({ type: text, body: [body] });
        assert.deepEqual([status, headers["grpc-status"]], [400, "13"]);
        assert.equal(headers["grpc-message"], "Bad gRPC-web request, invalid base64 data.");
      }
    });
  });
}

describe("gRPC-Web", () => {
  test("is left alone where no filter is listed for it", async () => {
    await between.route();
    const { body } = await overHttp1();
    assert.equal(body, frame("hi").latin1Slice());
  });

  test("is gRPC for who counts: its status and its messages", async () => {
    await overHttp2({ type: text, body: [base64(frame("a")), base64(frame("b"))], path: "/test.Echo/ClientStream" });
    const lines = between.proxy.metrics().split("\n");
    const grpc = lines.filter((line) => line.startsWith("istio_requests_total{"));
    assert(grpc.some((line) => line.includes('request_protocol="grpc"') && line.includes('grpc_response_status="0"')));
    assert(lines.some((line) => line.startsWith("istio_request_messages_total{")));
  });

  test("hears of an answer that is no gRPC by its beginning", async () => {
    const page = createServer((_, answer) => {
      answer.writeHead(502, { "content-type": "text/html" });
      answer.end(`<b>${"x".repeat(9000)}</b>`);
    });
    await new Promise<void>((resolve) => void page.listen(0, "127.0.0.1", resolve));
    await between.route([toCluster("page")], filters, [cluster("page", [`127.0.0.1:${portOf(page)}`])]);
    for (const ask of [overHttp1, overHttp2]) {
      const { status, headers, body } = await ask();
      assert.deepEqual([status, headers["grpc-status"], body], [502, "14", ""]);
      assert.equal(headers["grpc-message"], `<b>${"x".repeat(4093)}`);
    }
    page.closeAllConnections();
    page.close();
  });
});
