import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { isGrpcType } from "./content-type.ts";
import { MessageWalk } from "./message-walk.ts";
import { grpcMessage, grpcStatusOf, readGrpcStatus } from "./status.ts";
import { readGrpcTimeout, writeGrpcTimeout } from "./timeout.ts";

describe("gRPC over HTTP", () => {
  test("a content type is gRPC's whole or with an encoding, never another that begins as it does", () => {
    for (const type of ["application/grpc", "application/grpc+proto", "application/grpc+json"])
      assert(isGrpcType(type));
    for (const type of ["application/grpc-web", "application/grpc; a=b", "Application/grpc", "text/plain", ""])
      assert(!isGrpcType(type));
  });

  test("every HTTP status has one of gRPC", () => {
    const statuses = [200, 301, 400, 401, 403, 404, 418, 429, 500, 502, 503, 504];
    assert.deepEqual(statuses.map(grpcStatusOf), [2, 2, 13, 16, 7, 12, 2, 14, 2, 14, 14, 14]);
  });

  test("a status is a number, and -1 where it is none", () => {
    assert.deepEqual(["0", "14", "007", "99", "", "abc", "-1", "1.5"].map(readGrpcStatus), [
      "0",
      "14",
      "7",
      "99",
      "-1",
      "-1",
      "-1",
      "-1",
    ]);
  });

  test("a message is percent-encoded byte by byte", () => {
    assert.equal(grpcMessage("I'm a tea%pot\nü ~"), "I'm a tea%25pot%0A%FC %7E");
    assert.equal(grpcMessage(Buffer.from("ü").latin1Slice()), "%C3%BC");
  });

  test("a timeout is one to eight digits and a unit, and a part of a millisecond counts whole", () => {
    const rows = ["1H", "2M", "3S", "4m", "5u", "99999999n", "00000100m", "0m", "99999999H"];
    assert.deepEqual(rows.map(readGrpcTimeout), [3_600_000, 120_000, 3000, 4, 1, 100, 100, 0, 359_999_996_400_000]);
    for (const value of [undefined, "", "1", "S", "1s", "1 S", "+5m", "-1S", "1.5S", "123456789u", "1SS", " 1S"])
      assert.equal(readGrpcTimeout(value), undefined);
  });

  test("a timeout that is written reads as itself, or as the next one eight digits can say", () => {
    assert.deepEqual([0, 150, 99_999_999].map(writeGrpcTimeout), ["0m", "150m", "99999999m"]);
    assert.deepEqual([100_000_000, 1e11].map(writeGrpcTimeout), ["100000S", "1666667M"]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5e12 }), (time) => {
        const read = readGrpcTimeout(writeGrpcTimeout(time)) ?? -1;
        assert(read >= time && read < time + 60_000);
      }),
    );
  });

  test("messages are counted the same in whatever pieces they come", () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 8 });
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });
    fc.assert(
      fc.property(lengths, cuts, (messages, pieces) => {
        const all = Buffer.concat(
          messages.map((length) => {
            const message = Buffer.alloc(5 + length, 0xff);
            message[0] = 0;
            message.writeUInt32BE(length, 1);
            return message;
          }),
        );
        const walk = new MessageWalk();
        for (let at = 0, turn = 0; at < all.length; turn += 1) {
          const end = Math.min(all.length, at + (pieces[turn % pieces.length] ?? 1));
          walk.read(all, at, end);
          at = end;
        }
        assert.deepEqual([walk.count, walk.between], [messages.length, true]);
      }),
    );
  });
});
