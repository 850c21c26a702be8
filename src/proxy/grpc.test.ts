import assert from "node:assert/strict";
import { once } from "node:events";
import { after, afterEach, before, describe, test } from "node:test";
import { Metadata, status } from "@grpc/grpc-js";
import { filterTypes } from "../xds/index.ts";
import { toCluster } from "./fixture.ts";
import { eventually } from "./gateway-fixture.ts";
import { gathered, GrpcBetween } from "./grpc-fixture.ts";

const between = new GrpcBetween();
before(() => between.open());
after(() => between.close());
afterEach(() => between.route());

const text = (messages: readonly Buffer[]) => messages.map((message) => message.toString());
const bytes = (...messages: string[]) => messages.map((message) => Buffer.from(message));

describe("calls of gRPC", () => {
  test("unary: a message goes, a message comes", async () => {
    const { code, messages } = await between.unary({ messages: bytes("hi") });
    assert.deepEqual([code, text(messages)], [status.OK, ["hi"]]);
  });

  test("a client's stream is answered once", async () => {
    const { code, messages } = await between.clientStream({ messages: bytes("a", "", "bc") });
    assert.deepEqual([code, text(messages)], [status.OK, ["abc"]]);
  });

  test("a server's stream comes message by message", async () => {
    const { code, messages } = await between.serverStream({ messages: bytes("xyz") });
    assert.deepEqual([code, text(messages)], [status.OK, ["x", "y", "z"]]);
  });

  test("both sides talk in turns, each hearing the other before it goes on", async () => {
    const call = between.bidi();
    const heard: string[] = [];
    for (let turn = 0; turn < 50; turn += 1) {
      call.write(Buffer.from(`ping ${turn}`));
      const [message] = (await once(call, "data")) as [Buffer];
      heard.push(message.toString());
    }
    const rest = gathered(call);
    call.end();
    assert.equal((await rest).code, status.OK);
    assert.deepEqual(
      heard,
      Array.from({ length: 50 }, (_, turn) => `ping ${turn}`),
    );
  });

  test("metadata goes both ways, binary too, before the answer and behind it", async () => {
    between.calls.unary = (call, answer) => {
      const head = new Metadata();
      head.set("x-head", String(call.metadata.get("x-asked")[0]));
      call.sendMetadata(head);
      const trailers = new Metadata();
      trailers.set("x-trailer-bin", call.metadata.get("x-asked-bin")[0] ?? Buffer.alloc(0));
      answer(null, call.request, trailers);
    };
    const raw = Buffer.from([0, 1, 254, 255]);
    const { head, trailers } = await between.unary({ metadata: { "x-asked": "yes", "x-asked-bin": raw } });
    assert.deepEqual(head?.get("x-head"), ["yes"]);
    assert.deepEqual(trailers.get("x-trailer-bin"), [raw]);
  });

  test("an error's details come with its trailers", async () => {
    const details = new Metadata();
    details.set("grpc-status-details-bin", Buffer.from([8, 9, 10]));
    between.calls.unary = (_, answer) =>
      answer({ code: status.FAILED_PRECONDITION, details: "nicht ü %", metadata: details });
    const unary = await between.unary();
    assert.deepEqual([unary.code, unary.details], [status.FAILED_PRECONDITION, "nicht ü %"]);
    assert.deepEqual(unary.trailers.get("grpc-status-details-bin"), [Buffer.from([8, 9, 10])]);

    between.calls.serverStream = (call) => {
      call.write(Buffer.from("one"));
      call.emit("error", { code: status.DATA_LOSS, details: "lost", metadata: details });
    };
    const stream = await between.serverStream();
    assert.deepEqual([stream.code, text(stream.messages)], [status.DATA_LOSS, ["one"]]);
    assert.deepEqual(stream.trailers.get("grpc-status-details-bin"), [Buffer.from([8, 9, 10])]);
  });

  test("a client's deadline ends the call on both sides", async () => {
    const cancelled = Promise.withResolvers<void>();
    between.calls.unary = (call) => void call.on("cancelled", () => cancelled.resolve());
    const { code } = await between.unary({ options: { deadline: Date.now() + 60 } });
    assert.equal(code, status.DEADLINE_EXCEEDED);
    await cancelled.promise;
  });

  test("a client that cancels is gone for the server", async () => {
    const cancelled = Promise.withResolvers<void>();
    between.calls.bidi = (call) => {
      call.on("cancelled", () => cancelled.resolve());
      call.write(Buffer.from("begun"));
    };
    const call = between.bidi();
    call.once("data", () => call.cancel());
    assert.equal((await gathered(call)).code, status.CANCELLED);
    await cancelled.promise;
  });

  test("a server that ends early ends the call while the client still sends", async () => {
    between.calls.clientStream = (call, answer) => {
      call.once("data", () => answer({ code: status.RESOURCE_EXHAUSTED, details: "enough" }));
    };
    const { code, details } = await between.clientStream({
      messages: bytes(...Array<string>(200).fill("x".repeat(999))),
    });
    assert.deepEqual([code, details], [status.RESOURCE_EXHAUSTED, "enough"]);
  });

  test("messages of four megabytes arrive whole", async () => {
    const big = Buffer.alloc(4 * 1024 * 1024, "ab");
    big.write("start");
    const unary = await between.unary({ messages: [big] });
    assert(unary.messages[0]?.equals(big));
    const stream = await between.clientStream({ messages: [big, big] });
    assert.equal(stream.messages[0]?.length, 2 * big.length);
  });

  test("a hundred streams at once each get their own messages", async () => {
    const all = Array.from({ length: 100 }, (_, index) => between.serverStream({ messages: bytes(`<${index}>`) }));
    const answers = await Promise.all(all);
    assert.deepEqual(
      answers.map(({ messages }) => text(messages).join("")),
      answers.map((_, index) => `<${index}>`),
    );
  });

  test("a server that dies in the middle is an error for the client, and the next one serves", async () => {
    between.calls.bidi = (call) => {
      call.write(Buffer.from("begun"));
      call.once("data", () => between.killServer());
    };
    const call = between.bidi();
    call.once("data", () => call.write(Buffer.from("die")));
    const { code, messages } = await gathered(call);
    assert(([status.INTERNAL, status.UNAVAILABLE] as number[]).includes(code), `status ${code}`);
    assert.equal(messages.length, 1);
    await between.startServer();
    await between.route();
    assert.equal((await between.unary()).code, status.OK);
  });
});

describe("time and tries of gRPC", () => {
  const asked = { metadata: { "grpc-timeout": "60m" } };

  test("a timeout that a client asks for ends the call, unasked ones do not", async () => {
    await between.route([toCluster("silent", { max_grpc_timeout: "0s" })]);
    const { code, details } = await between.unary(asked);
    assert.deepEqual([code, details], [status.UNAVAILABLE, "upstream request timeout"]);
    await between.route({ max_grpc_timeout: "0s" });
    between.calls.unary = (call, answer) => void setTimeout(() => answer(null, call.request), 80);
    assert.equal((await between.unary()).code, status.OK);
  });

  test("a stream may last as long as its client asks for", async () => {
    await between.route([toCluster("silent", { max_stream_duration: { grpc_timeout_header_max: "0s" } })]);
    const { code, details } = await between.unary(asked);
    assert.deepEqual([code, details], [status.DEADLINE_EXCEEDED, "downstream duration timeout"]);
  });

  test("a stream whose answer has begun breaks when its time is over", async () => {
    const route = toCluster("origin", { max_stream_duration: { max_stream_duration: "0.06s" } });
    // A server that knew of the time would end the call itself.
    await between.route([{ ...route, request_headers_to_remove: ["grpc-timeout"] }]);
    between.calls.bidi = (call) => void call.write(Buffer.from("begun"));
    const { code, messages } = await gathered(between.bidi());
    assert.deepEqual([code, text(messages)], [status.INTERNAL, ["begun"]]);
  });

  const retrying = { retry_on: "unavailable,resource-exhausted", num_retries: 2 };
  const tries = async (codes: readonly number[]) => {
    const seen: unknown[] = [];
    const route = { ...toCluster("origin", { retry_policy: retrying }), match: { prefix: "/" } };
    await between.route([], {
      route_config: {
        name: "counting",
        virtual_hosts: [{ name: "all", domains: ["*"], routes: [route], include_request_attempt_count: true }],
      },
    });
    between.calls.unary = (call, answer) => {
      seen.push(call.metadata.get("x-envoy-attempt-count")[0]);
      const code = codes[seen.length - 1];
      if (code === undefined) answer(null, call.request);
      else answer({ code });
    };
    const { code, messages } = await between.unary();
    return { code, messages: text(messages), seen };
  };

  test("statuses that the rules name are tried again, each try by its number", async () => {
    const all = await tries([status.UNAVAILABLE, status.RESOURCE_EXHAUSTED]);
    assert.deepEqual(all, { code: status.OK, messages: ["hello"], seen: ["1", "2", "3"] });
  });

  test("the last try's status comes through, and others are not tried again", async () => {
    const all = [status.UNAVAILABLE, status.UNAVAILABLE, status.UNAVAILABLE];
    assert.deepEqual(await tries(all), { code: status.UNAVAILABLE, messages: [], seen: ["1", "2", "3"] });
    assert.deepEqual(await tries([status.INTERNAL]), { code: status.INTERNAL, messages: [], seen: ["1"] });
  });
});

describe("what the proxy itself answers to gRPC", () => {
  const teapot = { status: 418, body: { inline_bytes: Buffer.from("I'm a tea%pot ü").toString("base64") } };
  const fault = { "@type": filterTypes.fault, abort: { grpc_status: 8, percentage: { numerator: 100 } } };
  const rows = [
    ["no route", [], status.UNIMPLEMENTED, ""],
    ["no endpoint", [toCluster("empty")], status.UNAVAILABLE, "no healthy upstream"],
    ["no cluster", [toCluster("nonesuch")], status.UNAVAILABLE, ""],
    ["no connection", [toCluster("refused")], status.UNAVAILABLE, /reset reason: remote connection failure/],
    ["a redirect", [{ match: { prefix: "/" }, redirect: { host_redirect: "b" } }], status.UNKNOWN, ""],
    ["a direct answer", [{ match: { prefix: "/" }, direct_response: teapot }], status.UNKNOWN, "I'm a tea%pot ü"],
    ["403", [{ match: { prefix: "/" }, direct_response: { status: 403 } }], status.PERMISSION_DENIED, ""],
    ["a fault", [{ ...toCluster("origin"), typed_per_filter_config: { f: fault } }], 8, "fault filter abort"],
  ] as const;
  for (const [what, routes, code, details] of rows) {
    test(`${what}: a status of gRPC in trailers that are the whole answer`, async () => {
      await between.route(routes);
      const ended = await between.unary();
      assert.equal(ended.code, code);
      assert.match(ended.details, typeof details === "string" ? RegExp(`^${RegExp.escape(details)}$`) : details);
      assert.deepEqual(ended.trailers.get("grpc-status"), []);
    });
  }
});

/** Lines of a metric, by what matters of their labels. */
function counted(name: string, ...labels: string[]): string[] {
  const lines = between.proxy.metrics().split("\n");
  return lines
    .filter((line) => line.startsWith(`${name}{`) && line.includes('request_protocol="grpc"'))
    .map((line) => labels.map((label) => RegExp(`[{,]${label}="([^"]*)"`).exec(line)?.[1]).join(" "));
}

describe("what is counted of gRPC", () => {
  test("requests by their status, from trailers, trailers alone and answers of our own", async () => {
    between.calls.unary = (_, answer) => answer({ code: status.NOT_FOUND });
    await between.unary();
    await between.route([toCluster("empty")]);
    await between.unary();
    const rows = counted("istio_requests_total", "response_code", "grpc_response_status", "response_flags");
    for (const row of ["200 0 -", "200 5 -", "200 14 UH"]) assert(rows.includes(row), rows.join("; "));
  });

  test("messages of both directions, also while a call goes on", async () => {
    const sum = (name: string) => {
      const lines = between.proxy.metrics().split("\n");
      const ours = lines.filter((line) => line.startsWith(`istio_${name}_messages_total{`));
      return ours.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
    };
    const before = [sum("request"), sum("response")] as const;
    await between.clientStream({ messages: bytes("a", "", "c".repeat(70_000)) });
    await between.serverStream({ messages: bytes("1234") });
    assert.deepEqual([sum("request") - before[0], sum("response") - before[1]], [4, 5]);
    const call = between.bidi();
    call.write(Buffer.from("x"));
    await once(call, "data");
    await eventually(
      "messages are counted",
      () => sum("request") - before[0] === 5 && sum("response") - before[1] === 6,
    );
    const rest = gathered(call);
    call.end();
    await rest;
    assert.deepEqual([sum("request") - before[0], sum("response") - before[1]], [5, 6]);
  });
});
