import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2, createServer as createHttp2Server, sensitiveHeaders } from "node:http2";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { describe, test } from "node:test";
import { flags, frameTypes, headSize, preface, writeFrameHead } from "./frame.ts";
import { HpackDecoder } from "./hpack-decoder.ts";
import { HpackEncoder } from "./hpack-encoder.ts";

/** Every octet that Node takes in a value, each among so many short codes that Huffman's form is taken. */
const octets = Array.from({ length: 223 }, (_, at) => {
  return `${"a".repeat(30)}${String.fromCharCode(at < 95 ? 32 + at : 33 + at)}e`;
});

/** Lists without pseudo-fields that make tables fill, evict, and find again. */
const lists = Array.from({ length: 75 }, (_, turn) => {
  const fields = ["x-same", "always", "user-agent", `agent ${turn % 3}`, "accept", "*/*", "authorization", `b ${turn}`];
  fields.push(`x-${turn % 20}`, "v".repeat(20 * (turn % 30)), "x-long", "l".repeat(turn * 50));
  fields.push("x-serial", String(turn));
  for (const [index, value] of octets.slice(turn * 3, turn * 3 + 3).entries()) fields.push(`x-octet-${index}`, value);
  return fields;
});

/** Payloads of HEADERS frames; `buffer` begins behind the preface. */
function* fieldBlocks(buffer: Buffer): Generator<Buffer> {
  for (let at = 0; at + headSize <= buffer.length;) {
    const length = buffer.readUIntBE(at, 3);
    const type = buffer[at + 3];
    const start = at + headSize;
    at = start + length;
    if (type === frameTypes.headers && at <= buffer.length) {
      assert.equal((buffer[start - 5] ?? 0) & (flags.padded | flags.priority), 0);
      yield buffer.subarray(start, at);
    }
  }
}

describe("an encoder we did not write", () => {
  test("fills our decoder's table as its own", async () => {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const [socket] = (await once(server, "connection")) as [Socket];
    let all = Buffer.alloc(0);
    // Settings of our own, that it may begin: none.
    socket.write(Buffer.from([0, 0, 0, frameTypes.settings, 0, 0, 0, 0, 0]));
    const sent = lists.map((fields) => {
      const headers: Record<string, string> = {};
      for (let index = 0; index < fields.length; index += 2) headers[fields[index] ?? ""] = fields[index + 1] ?? "";
      const request = client.request({ ":path": "/p", ...headers, [sensitiveHeaders]: ["x-serial"] });
      request.on("error", () => {});
      return fields;
    });
    const blocks = () => [...fieldBlocks(all.subarray(preface.length))];
    while (blocks().length < sent.length) {
      const [bytes] = (await once(socket, "data")) as [Buffer];
      all = Buffer.concat([all, bytes]);
    }
    client.destroy();
    socket.destroy();
    server.close();
    const decoder = new HpackDecoder({ tableSize: 4096, listSize: 65_536, fields: 100 });
    for (const [turn, block] of blocks().entries()) {
      const read: string[] = [];
      assert.equal(decoder.decode(block, 0, block.length, read), undefined);
      const start = read.findLastIndex((text, index) => index % 2 === 0 && text.startsWith(":")) + 2;
      assert.deepEqual(read.slice(start), sent[turn]);
    }
  });
});

describe("a decoder we did not write", () => {
  test("reads what our encoder wrote, whatever table it allows", async () => {
    for (const headerTableSize of [4096, 0, 200, 65_536]) {
      const server = createHttp2Server({ settings: { headerTableSize } });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const read: string[][] = [];
      server.on("stream", (stream, _headers, _flags, raw) => {
        read.push(raw);
        stream.respond({ ":status": 204 }, { endStream: true });
      });
      const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
      const encoder = new HpackEncoder();
      socket.write(Buffer.concat([preface, Buffer.from([0, 0, 0, frameTypes.settings, 0, 0, 0, 0, 0])]));
      // Its settings, which we acknowledge.
      await once(socket, "data");
      socket.write(Buffer.from([0, 0, 0, frameTypes.settings, flags.ack, 0, 0, 0, 0]));
      encoder.setTableSize(headerTableSize);
      const sent = lists.map((fields) => {
        return [":method", "GET", ":scheme", "http", ":authority", "a", ":path", "/p", ...fields];
      });
      for (const [turn, fields] of sent.entries()) {
        const into = Buffer.alloc(headSize + encoder.sizeBound(fields));
        const end = encoder.encode(fields, into, headSize);
        writeFrameHead(into, 0, end - headSize, frameTypes.headers, flags.endHeaders | flags.endStream, turn * 2 + 1);
        socket.write(into.subarray(0, end));
      }
      while (read.length < sent.length) await once(socket, "data");
      socket.destroy();
      server.close();
      await once(server, "close");
      assert.deepEqual(read, sent);
    }
  });
});
