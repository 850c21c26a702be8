import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { connect, type ConnectionOptions } from "node:tls";
import { describe, test } from "node:test";
import { hasWholeHello, readClientHello } from "./client-hello.ts";
import { sniff } from "./sniff.ts";

/** The first bytes a TLS client sends. */
function clientHello(options: ConnectionOptions = {}): Promise<Buffer> {
  return new Promise<Buffer>((resolve, reject) => {
    const wire = new Duplex({
      read: () => undefined,
      write(bytes: Buffer, _, done) {
        resolve(bytes);
        done();
      },
    });
    connect({ ...options, socket: wire }).on("error", reject);
  });
}

/** The same message in records of `size` bytes. */
function inRecords(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const piece = message.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, piece.length >> 8, piece.length & 0xff]), piece);
  }
  return Buffer.concat(records);
}

const asked = { serverName: "shop.example", alpn: ["h2", "http/1.1"] };
const asking = { servername: "Shop.Example", ALPNProtocols: ["h2", "http/1.1"] };

describe("a TLS ClientHello", () => {
  test("tells the server's name in lower case and the protocols, once it is whole", async () => {
    const hello = await clientHello(asking);
    assert.equal(sniff(hello), "tls");
    assert.deepEqual(readClientHello(hello), asked);
    for (let length = 0; length < hello.length; length += 1) {
      assert.equal(readClientHello(hello.subarray(0, length)), undefined);
      assert.ok(!hasWholeHello(hello.subarray(0, length)));
    }
  });

  test("may ask for nothing", async () => {
    assert.deepEqual(readClientHello(await clientHello()), { serverName: undefined, alpn: [] });
  });

  test("says the same however it is cut into records", async () => {
    const hello = await clientHello(asking);
    for (const size of [1, 2, 3, 7, 100, 1000]) {
      const cut = inRecords(hello, size);
      assert.deepEqual(readClientHello(cut), asked, `records of ${size}`);
      assert.equal(readClientHello(cut.subarray(0, -1)), undefined);
    }
  });

  test("is not waited for where something else comes", () => {
    for (const bytes of ["\x17\x03\x03\x00\x01a", "\x16\x03\x01\x00\x00", "\x16\x03\x01\x00\x04\x02\x00\x00\x00"]) {
      const buffer = Buffer.from(bytes, "latin1");
      assert.ok(hasWholeHello(buffer));
      assert.equal(readClientHello(buffer), undefined);
    }
  });

  test("with any byte changed asks for something or nothing, never with an error", async () => {
    const hello = await clientHello(asking);
    for (let at = 0; at < hello.length; at += 1) {
      for (const value of [0, 0xff]) {
        const changed = Buffer.from(hello);
        changed[at] = value;
        readClientHello(changed);
      }
    }
  });
});
