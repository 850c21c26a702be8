import assert from "node:assert/strict";
import { connect, type Server, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { filterTypes, type Listener, type TypedFilter } from "../../xds/index.ts";
import { cluster, listen, nodeOf, portOf, resources, talk, tcpListener, TestProxy } from "../fixture.ts";
import { eventually } from "../gateway-fixture.ts";

/** A message of the wire protocol: length, request, answered request, operation, then what the operation says. */
function message(request: number, answers: number, operation: number, body: Buffer): Buffer {
  const head = Buffer.alloc(16);
  [16 + body.length, request, answers, operation].forEach((value, index) => head.writeInt32LE(value, 4 * index));
  return Buffer.concat([head, body]);
}

/** A document of strings and numbers (BSON). */
function document(fields: Readonly<Record<string, string | number>>): Buffer {
  const parts = Object.entries(fields).map(([name, value]) => {
    const number = Buffer.alloc(4);
    number.writeInt32LE(typeof value === "number" ? value : value.length + 1);
    const text = typeof value === "number" ? "" : `${value}\0`;
    return Buffer.concat([
      Buffer.from([typeof value === "number" ? 0x10 : 2]),
      Buffer.from(`${name}\0`),
      number,
      Buffer.from(text),
    ]);
  });
  const length = Buffer.alloc(4);
  length.writeInt32LE(5 + parts.reduce((sum, part) => sum + part.length, 0));
  return Buffer.concat([length, ...parts, Buffer.from([0])]);
}

const msg = (request: number, answers: number, fields: Readonly<Record<string, string | number>>) =>
  message(request, answers, 2013, Buffer.concat([Buffer.alloc(5), document(fields)]));

function mongoListener(port: number, prefix: string): Listener {
  const listener = tcpListener(port, "origin");
  const filter: TypedFilter & { typed_config: { stat_prefix: string } } = {
    name: "mongo",
    typed_config: { "@type": filterTypes.mongoProxy, stat_prefix: prefix },
  };
  return {
    ...listener,
    filter_chains: listener.filter_chains.map(({ filters }) => ({ filters: [filter, ...filters] })),
  };
}

describe("connections of MongoDB", () => {
  const node = nodeOf("gateway");
  const proxy = new TestProxy();
  let accept: (socket: Socket) => void = () => undefined;
  let origin: Server;
  let port = 0;
  before(async () => {
    origin = await listen((socket) => accept(socket.on("error", () => undefined)));
    proxy.host([{ node }]);
    port = await proxy.gateway(node.id, 27_017);
  });
  after(async () => {
    await proxy.close();
    origin.close();
  });
  const serve = (prefix: string) =>
    proxy.configure({
      [node.id]: resources({
        listeners: [mongoListener(27_017, prefix)],
        clusters: [cluster("origin", [`127.0.0.1:${portOf(origin)}`])],
      }),
    });
  /** What is counted under a prefix, without what stands at zero. */
  const counted = (prefix: string): Record<string, number> => {
    const lines = proxy.metrics().matchAll(/^envoy_mongo_(\w+)\{envoy_mongo_prefix="(\w+)"\} (\d+)$/gm);
    return Object.fromEntries(
      [...lines]
        .filter(([, , of, value]) => of === prefix && value !== "0")
        .map(([, name, , value]) => [name, Number(value)]),
    );
  };

  test("carry every byte as it is, in any cuts, and their messages are counted", async () => {
    await serve("shop");
    const asked = [
      message(
        1,
        0,
        2004,
        Buffer.concat([
          Buffer.from([4, 0, 0, 0]),
          Buffer.from("admin.$cmd\0"),
          Buffer.alloc(8),
          document({ hello: 1 }),
        ]),
      ),
      msg(2, 0, { find: "things", $db: "shop" }),
      msg(3, 0, { getMore: 7, collection: "things", filler: "x".repeat(200_000) }),
    ];
    const answered = [
      message(11, 1, 1, Buffer.concat([Buffer.alloc(20), document({ ok: 1 })])),
      msg(12, 2, { ok: 1, filler: "y".repeat(300_000) }),
      message(13, 3, 2012, Buffer.from("compressed")),
    ];
    let heard = Buffer.alloc(0);
    const all = Buffer.concat(asked);
    accept = (socket) =>
      socket.on("data", (bytes: Buffer) => {
        heard = Buffer.concat([heard, bytes]);
        if (heard.length < all.length) return;
        for (const answer of answered) {
          socket.write(answer.subarray(0, 10));
          socket.write(answer.subarray(10));
        }
        socket.end();
      });
    const text = all.toString("latin1");
    const said = await talk(port, [text.slice(0, 3), text.slice(3, 19), text.slice(19, 1000), text.slice(1000)]);
    assert.ok(heard.equals(all));
    assert.ok(Buffer.from(said, "latin1").equals(Buffer.concat(answered)));
    assert.deepEqual(counted("shop"), { op_query: 1, op_msg: 3, op_reply: 1, op_compressed: 1 });
  });

  test("that carry something else carry it on; each direction counts one error and is not looked at again", async () => {
    await serve("other");
    accept = (socket) => void socket.pipe(socket);
    const text = `SSH-2.0-OpenSSH_9.9 and more\r\n${msg(1, 0, { ping: 1 }).toString("latin1")}`;
    assert.equal(await talk(port, [text, text], (got) => got === text + text), text + text);
    await eventually("both errors", () => counted("other")["decoding_error"] === 2);
    assert.deepEqual(counted("other"), { decoding_error: 2 });
  });

  test("stand at zero under their prefix from the first connection on, by Envoy's names", async () => {
    await serve("fresh");
    accept = (socket) => void socket.end();
    await talk(port, "");
    for (const name of [
      "op_query",
      "op_insert",
      "op_get_more",
      "op_kill_cursors",
      "op_command",
      "op_command_reply",
      "op_reply",
      "op_reply_cursor_not_found",
      "op_reply_query_failure",
      "op_reply_valid_cursor",
      "op_query_exhaust",
      "op_query_tailable_cursor",
      "op_query_no_cursor_timeout",
      "op_query_await_data",
      "decoding_error",
    ]) {
      assert.match(proxy.metrics(), new RegExp(`^envoy_mongo_${name}\\{envoy_mongo_prefix="fresh"\\} 0$`, "m"));
    }
  });

  test("break like any other", async () => {
    accept = (socket) => void socket.once("data", () => socket.resetAndDestroy());
    const client = connect(port, "127.0.0.1", () => client.write(msg(1, 0, { ping: 1 })));
    assert.match(String(await new Promise((resolve) => client.on("error", resolve))), /ECONNRESET/);
  });
});
