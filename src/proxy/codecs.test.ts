import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { Between, bodyOf, versions, type Handler } from "./codec-fixture.ts";

/** The same rules whichever version of HTTP stands on either side. */
for (const client of versions) {
  for (const endpoint of versions) {
    describe(`${client} client, ${endpoint} endpoint`, () => {
      const between = new Between(client, endpoint);
      const answering = (handler: Handler) => void (between.handler = handler);
      before(() => between.open());
      after(() => between.close());
      afterEach(() => between.route());

      test("a request arrives as it was asked, and its answer comes back", async () => {
        answering((asked, answer) => {
          answer.setHeader(
            "x-saw",
            `${asked.httpVersion} ${asked.method} ${asked.url} ${String(asked.headers["x-one"])}`,
          );
          answer.end("hello");
        });
        const { status, headers, body } = await between.ask({ path: "/a?b=c", headers: { "x-one": "1" } });
        const version = endpoint === "HTTP/2" ? "2.0" : "1.1";
        assert.deepEqual([status, headers["x-saw"], body.toString()], [200, `${version} GET /a?b=c 1`, "hello"]);
        assert.equal(headers.server, "envoy");
        assert.equal(headers.connection === undefined || headers.connection === "keep-alive", true);
      });

      test("a body of known length goes both ways", async () => {
        answering((asked, answer) => {
          void bodyOf(asked).then((bytes) =>
            answer
              .writeHead(200, {
                "content-length": String(bytes.length),
                "x-length": String(asked.headers["content-length"]),
              })
              .end(bytes),
          );
        });
        const { headers, body } = await between.ask({
          method: "POST",
          headers: { "content-length": "5" },
          body: ["he", "llo"],
        });
        assert.deepEqual([body.toString(), headers["content-length"], headers["x-length"]], ["hello", "5", "5"]);
      });

      test("a body of unknown length goes both ways", async () => {
        answering((asked, answer) => void asked.pipe(answer));
        const { headers, body } = await between.ask({ method: "POST", body: ["a", "bc", "def"] });
        assert.deepEqual([body.toString(), headers["content-length"]], ["abcdef", undefined]);
      });

      test("bodies larger than every window and buffer arrive whole", async () => {
        const piece = Buffer.alloc(65_537, "x");
        piece.write("start");
        answering((asked, answer) => void asked.pipe(answer));
        const { body } = await between.ask({ method: "PUT", body: Array.from({ length: 80 }, () => piece) });
        assert.equal(body.length, 80 * piece.length);
        for (let at = 0; at < body.length; at += piece.length)
          assert.equal(body.subarray(at, at + 6).toString(), "startx");
      });

      test("an answer to HEAD has a length and no body", async () => {
        answering((_, answer) => {
          answer.setHeader("content-length", 1234);
          answer.end();
        });
        const { headers, body } = await between.ask({ method: "HEAD" });
        assert.deepEqual([headers["content-length"], body.length], ["1234", 0]);
        const next = await between.ask({ method: "HEAD" });
        assert.equal(next.status, 200);
      });

      test("204 and 304 have no body", async () => {
        for (const status of [204, 304]) {
          answering((_, answer) => {
            answer.statusCode = status;
            answer.end();
          });
          const answer = await between.ask();
          assert.deepEqual([answer.status, answer.body.length], [status, 0]);
        }
      });

      test("an interim answer comes before the answer", async () => {
        answering((_, answer) => {
          answer.writeEarlyHints({ link: "</style.css>; rel=preload" });
          answer.end("x");
        });
        const { interim, status } = await between.ask();
        assert.deepEqual([interim, status], [[103], 200]);
      });

      test("who expects 100 gets it, and then sends", async () => {
        answering((asked, answer) => void asked.pipe(answer));
        const { interim, body } = await between.ask({
          method: "POST",
          headers: { expect: "100-continue" },
          body: ["x"],
        });
        assert.deepEqual([interim, body.toString()], [[100], "x"]);
      });

      test("trailers come behind the answer", async () => {
        answering((_, answer) => {
          answer.setHeader("trailer", "x-sum");
          answer.writeHead(200);
          answer.write("abc");
          answer.addTrailers({ "x-sum": "3" });
          answer.end();
        });
        const { body, trailers } = await between.ask({ headers: { te: "trailers" } });
        assert.deepEqual([body.toString(), trailers["x-sum"]], ["abc", "3"]);
      });

      test("trailers come behind the request", async () => {
        answering((asked, answer) => {
          void bodyOf(asked).then((bytes) => answer.end(`${bytes.toString()} ${String(asked.trailers["x-sum"])}`));
        });
        const { body } = await between.ask({ method: "POST", body: ["abc"], trailers: { "x-sum": "3" } });
        assert.equal(body.toString(), "abc 3");
      });

      test("a hundred requests at once each get their own answer", async () => {
        answering((asked, answer) => void setTimeout(() => answer.end(asked.url), Math.random() * 5));
        const paths = Array.from({ length: 100 }, (_, index) => `/${index}`);
        const answers = await Promise.all(paths.map((path) => between.ask({ path })));
        assert.deepEqual(
          answers.map(({ body }) => body.toString()),
          paths,
        );
      });

      test("an endpoint that breaks its answer off breaks it for the client", async () => {
        answering((_, answer) => {
          answer.write("part of it", () => setTimeout(() => answer.destroy(), 5));
        });
        await assert.rejects(between.ask());
      });

      test("a client that goes away is gone for the endpoint too", async () => {
        const controller = new AbortController();
        const gone = new Promise<void>((resolve) => {
          answering((asked, answer) => {
            answer.on("close", resolve);
            asked.on("aborted", resolve);
            controller.abort();
          });
        });
        await assert.rejects(between.ask({ signal: controller.signal }));
        await gone;
      });

      test("an answer too late is 504", async () => {
        await between.route({ timeout: "0.05s" });
        answering(() => undefined);
        const { status, body } = await between.ask();
        assert.deepEqual([status, body.toString()], [504, "upstream request timeout"]);
      });

      test("an answer before the whole request is an answer", async () => {
        answering((_, answer) => {
          answer.statusCode = 413;
          answer.end("too large");
        });
        const { status } = await between.ask({ method: "POST", headers: { "content-length": "4" }, body: ["four"] });
        assert.equal(status, 413);
        const next = await between.ask({ method: "POST", headers: { "content-length": "4" }, body: ["four"] });
        assert.equal(next.status, 413);
      });

      test("cookies arrive as one field", async () => {
        answering((asked, answer) => void answer.end(asked.headers.cookie));
        const { body } = await between.ask({ headers: { cookie: "a=1; b=2" } });
        assert.equal(body.toString(), "a=1; b=2");
      });

      test("fields that concern one hop only stay there", async () => {
        answering((asked, answer) => void answer.end(Object.keys(asked.headers).toSorted().join(" ")));
        const hop = client === "HTTP/1.1" ? { "keep-alive": "5", "x-hop": "1", connection: "x-hop, keep-alive" } : {};
        const { body } = await between.ask({ headers: { ...hop, "x-end": "1" } });
        assert.match(body.toString(), /x-end/);
        assert.doesNotMatch(body.toString(), /x-hop|keep-alive/);
      });

      test("a slow reader holds the endpoint back, not the proxy's memory", async () => {
        let written = 0;
        const piece = Buffer.alloc(65_536);
        const stopped = new Promise<number>((resolve) => {
          answering((_, answer) => {
            const fill = () => {
              while (answer.write(piece)) written += piece.length;
              written += piece.length;
              const before = written;
              const quiet = setTimeout(() => resolve(written), 200);
              answer.once("drain", () => {
                clearTimeout(quiet);
                if (before < 64 * 1_048_576) fill();
                else resolve(written);
              });
            };
            fill();
          });
        });
        const stop = await between.startReading();
        const bytes = await stopped;
        stop();
        assert.ok(bytes < 32 * 1_048_576, `${bytes} bytes were taken in`);
      });
    });
  }
}
