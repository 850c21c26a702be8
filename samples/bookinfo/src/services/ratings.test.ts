import assert from "node:assert/strict";
import type { Server } from "node:http";
import { after, before, describe, test } from "node:test";
import { start } from "../http/serve.ts";
import { ratings } from "./ratings.ts";

describe("ratings", () => {
  let url = "";
  let server: Server;
  before(async () => ({ url, server } = await start(ratings(), { host: "127.0.0.1", port: 0 })));
  after(() => server.close());
  const post = (path: string, body: string) => fetch(url + path, { method: "POST", body });

  test("five and four stars, unless others were posted", async () => {
    const usual = { id: 0, ratings: { Reviewer1: 5, Reviewer2: 4 } };
    assert.deepEqual(await (await fetch(`${url}/ratings/0`)).json(), usual);
    const posted = { id: 1, ratings: { Reviewer1: 1 } };
    assert.deepEqual(await (await post("/ratings/1", '{"Reviewer1":1}')).json(), posted);
    assert.deepEqual(await (await fetch(`${url}/ratings/1`)).json(), posted);
    assert.deepEqual(await (await fetch(`${url}/ratings/0`)).json(), usual);
  });

  test("what is no JSON, no number or too long is refused", async () => {
    assert.equal((await post("/ratings/0", "five")).status, 400);
    assert.equal((await post("/ratings/five", "{}")).status, 400);
    assert.equal((await fetch(`${url}/ratings/-1`)).status, 400);
    assert.equal((await post("/ratings/0", `"${"x".repeat(70_000)}"`)).status, 413);
  });
});
