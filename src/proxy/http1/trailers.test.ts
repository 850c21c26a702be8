import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { TestGateway } from "../gateway-fixture.ts";
import { talk } from "../fixture.ts";

const gateway = new TestGateway();
let seen = "";
before(() => {
  gateway.accept = (socket) =>
    void socket.on("data", (bytes) => {
      seen += bytes.latin1Slice();
      if (!seen.endsWith("\r\n\r\n") || /chunked/.test(seen) !== /\r\n0\r\n/.test(seen)) return;
      socket.write(
        "HTTP/1.1 200 OK\r\ntrailer: x-sum, content-length\r\ntransfer-encoding: chunked\r\n\r\n" +
          "2\r\nok\r\n0\r\nX-Sum:  1\t\r\nContent-Length: 9\r\nSet-Cookie: a\r\n\r\n",
      );
    });
  return gateway.start();
});
after(() => gateway.close());

async function ask(lines: string, body: string): Promise<string> {
  seen = "";
  return talk(gateway.port, `POST / HTTP/1.1\r\nHost: a\r\n${lines}\r\n${body}`, (got) =>
    /\r\n0\r\n(?:[^\r]+\r\n)*\r\n$/.test(got),
  );
}

test("trailers of an answer reach who says that it reads them, but for those of heads", async () => {
  assert.match(await ask("TE: trailers\r\n", ""), /\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n$/);
  assert.match(seen, /\r\nconnection: TE\r\nte: trailers\r\n/);
});

test("trailers of an answer are dropped where nobody asked for them", async () => {
  assert.match(await ask("", ""), /\r\n\r\n2\r\nok\r\n0\r\n\r\n$/);
  assert.doesNotMatch(seen, /\r\nte:/i);
});

test("trailers of a request reach the endpoint, but for those of heads", async () => {
  await ask("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\nX-Sum: 2\r\nHost: b\r\nAuthorization: c\r\n\r\n");
  assert.match(seen, /\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 2\r\n\r\n$/);
});
