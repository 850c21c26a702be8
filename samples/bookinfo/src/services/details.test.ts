import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { start } from "../http/serve.ts";
import { details } from "./details.ts";

describe("details", () => {
  test("tells the same of every book", async (t) => {
    const { url, server } = await start(details(), { host: "127.0.0.1", port: 0 });
    t.after(() => server.close());
    const answer = await fetch(`${url}/details/7`);
    assert.equal(answer.headers.get("content-type"), "application/json");
    assert.deepEqual(await answer.json(), {
      id: 7,
      author: "William Shakespeare",
      year: 1595,
      type: "paperback",
      pages: 200,
      publisher: "PublisherA",
      language: "English",
      "ISBN-10": "1234567890",
      "ISBN-13": "123-1234567890",
    });
  });

  test("an id that is no number is refused", async (t) => {
    const { url, server } = await start(details(), { host: "127.0.0.1", port: 0 });
    t.after(() => server.close());
    const answer = await fetch(`${url}/details/hamlet`);
    assert.equal(answer.status, 400);
    assert.deepEqual(await answer.json(), { error: "please provide numeric product ID" });
  });

  test("is healthy", async (t) => {
    const { url, server } = await start(details(), { host: "127.0.0.1", port: 0 });
    t.after(() => server.close());
    assert.deepEqual(await (await fetch(`${url}/health`)).json(), { status: "Details is healthy" });
  });
});
