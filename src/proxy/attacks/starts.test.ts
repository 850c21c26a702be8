import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { get, TestGateway } from "../gateway-fixture.ts";
import { frame, get as ask, greeting, ping, preface, settings, settingsAck, types, update } from "./frames.ts";
import { RawPeer } from "./raw-peer.ts";

/** What a client of HTTP/2 says first, and how it is refused. */
const starts: readonly (readonly [what: string, first: Buffer, told: string])[] = [
  ["another preface", Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r"), "goaway 1"],
  ["a preface of HTTP/2.1", Buffer.from("PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n"), "goaway 1"],
  ["a request of HTTP/1.1", Buffer.from(get), "goaway 1"],
  ["one wrong byte", Buffer.from("X"), "goaway 1"],
  ["SETTINGS without a preface", settings(), "goaway 1"],
  ["two prefaces", Buffer.concat([preface, preface]), "goaway 6"],
  ["PING before SETTINGS", Buffer.concat([preface, ping()]), "goaway 1"],
  ["a request before SETTINGS", Buffer.concat([preface, ask(1), settings()]), "goaway 1"],
  ["an acknowledgement before SETTINGS", Buffer.concat([preface, settingsAck]), "goaway 1"],
  ["WINDOW_UPDATE before SETTINGS", Buffer.concat([preface, update(0, 1)]), "goaway 1"],
  ["an unknown frame before SETTINGS", Buffer.concat([preface, frame(types.unknown, 0, 0)]), "goaway 1"],
  ["SETTINGS of a stream", Buffer.concat([preface, frame(types.settings, 0, 1)]), "goaway 1"],
];

for (const codec of ["HTTP2", "AUTO"] as const) {
  describe(`where a port speaks ${codec}, a connection that begins with`, () => {
    const gateway = new TestGateway();
    before(() => gateway.start({ listener: { codec_type: codec } }));
    after(() => gateway.close());

    for (const [what, first, told] of starts) {
      test(`${what} ends`, async () => {
        const client = new RawPeer(connect(gateway.port, "127.0.0.1"));
        client.send(first);
        // What does not begin as HTTP/2 does is read, and refused, as HTTP/1.1.
        if (codec === "AUTO" && !first.subarray(0, preface.length).equals(preface)) client.socket.end();
        await client.until("the end", () => client.ended !== "open");
        if (codec === "HTTP2" || first.subarray(0, preface.length).equals(preface)) {
          assert.equal(client.refusals.join(", "), told);
        } else assert.deepEqual(client.refusals, []);
        client.destroy();
        const other = new RawPeer(connect(gateway.port, "127.0.0.1"));
        other.send(greeting, ask(1));
        await other.until("an answer", () => other.stream(1).body === "ok");
        other.destroy();
      });
    }
  });
}
