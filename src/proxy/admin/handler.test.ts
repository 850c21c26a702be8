import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { systemClock } from "../../base/index.ts";
import { ConfigStore } from "../config/index.ts";
import { adminHandler } from "./handler.ts";

describe("the admin pages", () => {
  let ended = 0;
  const handler = adminHandler({
    store: new ConfigStore({ resolve: () => Promise.resolve([]), write: () => undefined, clock: systemClock }),
    registries: [],
    version: "test",
    ready: () => true,
    quit: () => void (ended += 1),
    drain: () => undefined,
    logging: { level: () => "info", set: () => true },
    uptime: () => 0,
  });
  const server = createServer(handler);
  before(() => new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve)));
  after(() => server.close());

  /** The status of an answer. */
  function ask(path: string, method = "GET", headers: Record<string, string> = {}): Promise<number> {
    const { port } = server.address() as AddressInfo;
    return new Promise((resolve, reject) => {
      const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      sent.on("error", reject);
      sent.end();
    });
  }

  test("answer programs of this machine", async () => {
    assert.equal(await ask("/ready"), 200);
    assert.equal(await ask("/clusters", "GET", { host: "localhost:15000" }), 200);
    assert.equal(await ask("/nothing"), 404);
  });

  test("change things only when they are posted", async () => {
    assert.equal(await ask("/quitquitquit"), 405);
    assert.equal(ended, 0);
  });

  test("do not serve a web page in a browser, nor a name that somebody made lead here", async () => {
    assert.equal(await ask("/quitquitquit", "POST", { origin: "http://shop.example" }), 403);
    assert.equal(await ask("/config_dump", "GET", { host: "shop.example" }), 403);
    assert.equal(ended, 0);
    assert.equal(await ask("/quitquitquit", "POST"), 200);
    await new Promise((resolve) => void setImmediate(resolve));
    assert.equal(ended, 1);
  });
});
