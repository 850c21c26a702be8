import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import { describe, test, type TestContext } from "node:test";
import { start } from "../http/serve.ts";
import { type Answer, type Handler, json } from "../http/service.ts";
import { upstream } from "../http/upstream.ts";
import { productpage, productpageSettings } from "./productpage.ts";

interface Others {
  readonly details?: Handler;
  readonly reviews?: Handler;
  readonly ratings?: Handler;
}

const good: Required<Others> = {
  details: () => json(200, { id: 0, author: "William Shakespeare", "ISBN-13": "123-1234567890" }),
  reviews: () =>
    json(200, {
      podname: "reviews-v3-1",
      clustername: null,
      reviews: [{ reviewer: "Reviewer1", text: "Good.", rating: { stars: 4, color: "red" } }],
    }),
  ratings: () => json(200, { id: 0, ratings: { Reviewer1: 5 } }),
};

/** The page's service with others that answer as they are told; the result asks it. */
async function shop(t: TestContext, others: Others = {}) {
  const name = "others";
  const { details, reviews, ratings } = { ...good, ...others };
  const routes = { "GET /details/{id}": details, "GET /reviews/{id}": reviews, "GET /ratings/{id}": ratings };
  const other = await start({ name, routes }, { host: "127.0.0.1", port: 0 });
  const all = upstream(other.url);
  const settings = { details: all, reviews: all, ratings: all, limit: 100, sessionSecret: "s" };
  const { url, server } = await start(productpage(settings), { host: "127.0.0.1", port: 0 });
  t.after(() => {
    server.close();
    other.server.close();
    all.agent.destroy();
    other.server.closeAllConnections();
  });
  return (path: string, init: RequestInit = {}) => fetch(url + path, { redirect: "manual", ...init });
}

const forever = () => new Promise<never>(() => {});
const fails: Handler = () => json(503, {});

const counted = (answer: () => Answer | Promise<Answer>): { handler: Handler; count: number } => {
  const counter = { handler: () => ((counter.count += 1), answer()), count: 0 };
  return counter;
};

const signIn = (username: string): RequestInit => ({
  method: "POST",
  body: new URLSearchParams({ username, passwd: "" }),
});

const cookieOf = (answer: Response) => answer.headers.get("set-cookie")?.split(";")[0] ?? "";

describe("the product page", () => {
  test("shows the book, its details, its reviews with stars and the pod they come from", async (t) => {
    const ask = await shop(t);
    const answer = await ask("/productpage");
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-type"), "text/html; charset=utf-8");
    const body = await answer.text();
    for (const text of ["The Comedy of Errors", "William Shakespeare", "123-1234567890", "Good.", "4 of 5 stars"])
      assert.ok(body.includes(text), text);
    assert.match(body, /<font color="red">★★★★<\/font>/);
    assert.match(body, /Reviews served by: reviews-v3-1/);
  });

  test("without details it still shows reviews, and the other way round", async (t) => {
    const noDetails = await (await (await shop(t, { details: fails }))("/productpage")).text();
    assert.match(noDetails, /Sorry, product details are currently unavailable for this book\./);
    assert.match(noDetails, /reviews-v3-1/);
    const noReviews = await (await (await shop(t, { reviews: fails }))("/productpage")).text();
    assert.match(noReviews, /Sorry, product reviews are currently unavailable for this book\./);
    assert.match(noReviews, /William Shakespeare/);
  });

  test("says what reviews says of missing ratings", async (t) => {
    const error = "Ratings service is currently unavailable";
    const reviews = () => json(200, { reviews: [{ reviewer: "R", text: "T", rating: { error } }] });
    const body = await (await (await shop(t, { reviews }))("/productpage")).text();
    assert.ok(body.includes(error));
  });

  test("what services say is text, never markup", async (t) => {
    const evil = `"><script>alert('1')</script>`;
    const ask = await shop(t, {
      details: () => json(200, { author: evil, year: [evil], pages: { evil } }),
      reviews: () =>
        json(200, {
          podname: evil,
          clustername: evil,
          reviews: [{ reviewer: evil, text: evil, rating: { stars: 9, color: evil } }, evil],
        }),
    });
    const cookie = cookieOf(await ask("/login", signIn(evil)));
    const body = await (await ask("/productpage", { headers: { cookie } })).text();
    assert.ok(!body.includes("<script"));
    assert.ok(body.includes("&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"));
  });
});

describe("how the product page asks others", () => {
  test("reviews is tried twice when it is slow, details once", async (t) => {
    const [details, reviews] = [counted(forever), counted(forever)];
    const ask = await shop(t, { details: details.handler, reviews: reviews.handler });
    const before = performance.now();
    const body = await (await ask("/productpage")).text();
    assert.match(body, /product reviews are currently unavailable/);
    assert.deepEqual([details.count, reviews.count], [1, 2]);
    assert.ok(performance.now() - before >= 190);
  });

  test("the second try of reviews counts", async (t) => {
    const reviews = counted(() => (reviews.count === 1 ? json(500, {}) : json(200, { podname: "p" })));
    const ask = await shop(t, { reviews: reviews.handler });
    assert.match(await (await ask("/productpage")).text(), /Reviews served by: p/);
    assert.equal(reviews.count, 2);
  });

  test("each try has three seconds, and every service its usual place", () => {
    const { limit, details, reviews, ratings } = productpageSettings({});
    assert.equal(limit, 3_000);
    assert.deepEqual(
      [details, reviews, ratings].map(({ url }) => url),
      ["http://details:9080", "http://reviews:9080", "http://ratings:9080"],
    );
  });

  test("trace headers are handed on, and who is signed in; not whom a caller names", async (t) => {
    const seen: IncomingHttpHeaders[] = [];
    const reviews: Handler = (request, id) => (seen.push(request.headers), good.reviews(request, id));
    const ask = await shop(t, { reviews });
    const headers = { traceparent: "00-1", "x-request-id": "7", "end-user": "mallory" };
    await ask("/productpage", { headers });
    const cookie = cookieOf(await ask("/login", signIn("jason")));
    await ask("/productpage", { headers: { ...headers, cookie } });
    const umlaut = cookieOf(await ask("/login", signIn("jürgen")));
    await ask("/productpage", { headers: { cookie: umlaut } });
    assert.deepEqual(
      seen.map((headers) => headers["end-user"]),
      [undefined, "jason", "j%C3%BCrgen"],
    );
    assert.equal(seen[1]?.["traceparent"], "00-1");
    assert.equal(seen[1]?.["x-request-id"], "7");
    assert.equal(seen[1]?.["cookie"], cookie);
  });
});

describe("signing in", () => {
  test("sends back to the page it came from, with a cookie the page knows", async (t) => {
    const ask = await shop(t);
    const answer = await ask("/login", signIn("jason"));
    assert.equal(answer.status, 302);
    assert.equal(answer.headers.get("location"), "/productpage");
    const body = await (await ask("/productpage", { headers: { cookie: cookieOf(answer) } })).text();
    assert.match(body, /Signed in as <b>jason<\/b>/);
  });

  test("a cookie that was changed signs nobody in", async (t) => {
    const ask = await shop(t);
    const [, signature = ""] = cookieOf(await ask("/login", signIn("jason"))).split(".");
    for (const cookie of [`session=${Buffer.from("admin").toString("base64url")}.${signature}`, "session=x", "session"])
      assert.ok(!(await (await ask("/productpage", { headers: { cookie } })).text()).includes("Signed in"), cookie);
  });

  test("never leads to another site", async (t) => {
    const ask = await shop(t);
    const { url } = await ask("/");
    const locations = ["https://evil.example/x", `${url}/evil.example`, "nonsense", `${url}productpage?u=test`].map(
      async (referer) => (await ask("/login", { ...signIn("jason"), headers: { referer } })).headers.get("location"),
    );
    assert.deepEqual(await Promise.all(locations), [
      "/productpage",
      "/productpage",
      "/productpage",
      "/productpage?u=test",
    ]);
  });

  test("signing out, or in with no name, ends it", async (t) => {
    const ask = await shop(t);
    const out = await ask("/logout");
    assert.equal(out.status, 302);
    assert.match(out.headers.get("set-cookie") ?? "", /^session=; Max-Age=0/);
    assert.match((await ask("/login", signIn(" "))).headers.get("set-cookie") ?? "", /^session=; Max-Age=0/);
  });
});

describe("the API of the product page", () => {
  test("lists the one book", async (t) => {
    const ask = await shop(t);
    const [book, ...more] = (await (await ask("/api/v1/products")).json()) as { id: number; title: string }[];
    assert.equal(book?.id, 0);
    assert.equal(book.title, "The Comedy of Errors");
    assert.equal(more.length, 0);
  });

  for (const [part, path] of [
    ["details", "/api/v1/products/0"],
    ["reviews", "/api/v1/products/0/reviews"],
    ["ratings", "/api/v1/products/0/ratings"],
  ] as const) {
    test(`${path} is what ${part} says, with its status where it fails`, async (t) => {
      const answer = await (await shop(t))(path);
      assert.equal(answer.status, 200);
      assert.ok(!("error" in ((await answer.json()) as object)));
      const failed = await (await shop(t, { [part]: fails }))(path);
      assert.equal(failed.status, 503);
      const error = `Sorry, product ${part} are currently unavailable for this book.`;
      assert.deepEqual(await failed.json(), { error });
      assert.equal((await (await shop(t, { [part]: forever }))(path)).status, 500);
    });
  }
});
