import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { start } from "./serve.ts";
import { json, type Routes } from "./service.ts";
import { ask, upstream } from "./upstream.ts";

async function started(t: TestContext, routes: Routes, log?: (line: string) => void) {
  const options = { host: "127.0.0.1", port: 0, ...(log ? { log } : {}) };
  const { url, server } = await start({ name: "sample", routes }, options);
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return url;
}

describe("a service", () => {
  const routes: Routes = {
    "GET /": () => json(200, "root"),
    "GET /books/{id}": (_, id) => json(200, id),
    "GET /books/{id}/pages": (_, id) => json(200, `pages of ${id}`),
    "POST /broken": () => {
      throw new Error("oh");
    },
  };

  test("finds the handler by method and path, whatever the query", async (t) => {
    const url = await started(t, routes);
    const said = async (path: string) => (await fetch(url + path)).json();
    assert.equal(await said("/?u=test"), "root");
    assert.equal(await said("/books/a%2Fb?x"), "a/b");
    assert.equal(await said("/books/7/pages"), "pages of 7");
    assert.equal((await fetch(`${url}/books/7`, { method: "HEAD" })).status, 200);
  });

  test("refuses what it does not know", async (t) => {
    const url = await started(t, routes);
    const status = async (path: string, method = "GET") => (await fetch(url + path, { method })).status;
    assert.equal(await status("/books/"), 404);
    assert.equal(await status("/books/7/8"), 404);
    assert.equal(await status("/books/7", "DELETE"), 405);
    assert.equal(await status("/books/%ff"), 400);
  });

  test("a handler that throws is a 500, with the reason in the log only", async (t) => {
    const lines: string[] = [];
    const answer = await fetch(`${await started(t, routes, (line) => lines.push(line))}/broken`, { method: "POST" });
    assert.equal(answer.status, 500);
    assert.deepEqual(await answer.json(), { error: "internal error" });
    assert.match(lines[0] ?? "", /^sample failed: Error: oh/);
    assert.match(lines[1] ?? "", /^POST \/broken 500 \d+ ms$/);
  });

  test("its health is asked too often to be logged", async (t) => {
    const lines: string[] = [];
    await fetch(`${await started(t, { "GET /health": () => json(200, {}) }, (line) => lines.push(line))}/health`);
    assert.deepEqual(lines, []);
  });
});

describe("asking another service", () => {
  test("a kept connection that was closed meanwhile is replaced by a new one", async (t) => {
    // Answers one request of each connection and closes it on the second, as a server does whose patience ended.
    let connections = 0;
    const other = createServer((socket) => {
      connections += 1;
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
        socket.once("data", () => socket.destroy());
      });
      socket.on("error", () => {});
    }).listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    assert.ok(typeof address === "object" && address !== null);
    const there = upstream(`http://127.0.0.1:${address.port}`);
    t.after(() => {
      there.agent.destroy();
      other.close();
    });
    assert.deepEqual(await ask(there, "/", {}, 1_000), { status: 200, body: "{}" });
    assert.deepEqual(await ask(there, "/", {}, 1_000), { status: 200, body: "{}" });
    assert.equal(connections, 2);
  });

  test("an answer that ends before its length is none", async (t) => {
    const other = createServer((socket) => {
      socket.end("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}");
      socket.on("error", () => {});
      socket.resume();
    }).listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    assert.ok(typeof address === "object" && address !== null);
    const there = upstream(`http://127.0.0.1:${address.port}`);
    t.after(() => {
      there.agent.destroy();
      other.close();
    });
    assert.equal(await ask(there, "/", {}, 1_000), undefined);
  });
});

describe("a service as a process", () => {
  test("ends on SIGTERM with 0 once the requests under way are answered", async (t) => {
    let asked = () => {};
    let answer = () => {};
    const [arrived, released] = [
      new Promise<void>((resolve) => (asked = resolve)),
      new Promise<void>((resolve) => (answer = resolve)),
    ];
    const ratings = await started(t, {
      "GET /ratings/{id}": async () => {
        asked();
        await released;
        return json(200, { ratings: { Reviewer1: 1, Reviewer2: 2 } });
      },
    });
    const child = spawn(process.execPath, [join(import.meta.dirname, "../reviews.ts")], {
      env: {
        HOST: "127.0.0.1",
        PORT: "0",
        SERVICE_VERSION: "v2",
        RATINGS_HOSTNAME: "127.0.0.1",
        RATINGS_SERVICE_PORT: new URL(ratings).port,
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    t.after(() => child.kill("SIGKILL"));
    const exit = once(child, "exit");
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const url = /http:\S+/.exec(line.toString())?.[0];
    assert.ok(url);
    const waiting = fetch(`${url}/reviews/0`);
    await arrived;
    child.kill("SIGTERM");
    await refused(url);
    answer();
    const reviews = await waiting;
    assert.equal(reviews.status, 200);
    assert.equal(reviews.headers.get("connection"), "close");
    assert.match(await reviews.text(), /"stars":2/);
    assert.deepEqual(await exit, [0, null]);
  });
});

async function refused(url: string): Promise<void> {
  for (;;) {
    const up = await fetch(`${url}/health`).then(
      () => true,
      () => false,
    );
    if (!up) return;
  }
}
