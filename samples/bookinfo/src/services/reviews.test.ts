import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import { describe, test, type TestContext } from "node:test";
import { start } from "../http/serve.ts";
import { type Handler, json } from "../http/service.ts";
import { upstream } from "../http/upstream.ts";
import { reviews, reviewsSettings } from "./reviews.ts";

/** Asks reviews for a book while ratings answers as it is told. */
async function ask(
  t: TestContext,
  ratings: Handler,
  {
    stars = "black",
    headers = {},
  }: { readonly stars?: string | undefined; readonly headers?: Record<string, string> } = {},
) {
  const other = await start(
    { name: "ratings", routes: { "GET /ratings/{id}": ratings } },
    { host: "127.0.0.1", port: 0 },
  );
  const settings = { stars, ratings: upstream(other.url), limit: 100, podName: "reviews-v2-1", clusterName: null };
  const { url, server } = await start(reviews(settings), { host: "127.0.0.1", port: 0 });
  t.after(() => {
    server.close();
    other.server.close();
    settings.ratings.agent.destroy();
    other.server.closeAllConnections();
  });
  const answer = await fetch(`${url}/reviews/0`, { headers });
  assert.equal(answer.status, 200);
  return (await answer.json()) as { readonly reviews: readonly { readonly rating?: unknown }[] };
}

const given = () => json(200, { id: 0, ratings: { Reviewer1: 5, Reviewer2: 4 } });
const unavailable = { error: "Ratings service is currently unavailable" };
const ratingsIn = (answer: Awaited<ReturnType<typeof ask>>) => answer.reviews.map(({ rating }) => rating);

describe("reviews", () => {
  test("two reviews, with the pod that wrote them and the stars of ratings", async (t) => {
    assert.deepEqual(await ask(t, given), {
      id: "0",
      podname: "reviews-v2-1",
      clustername: null,
      reviews: [
        {
          reviewer: "Reviewer1",
          text: "An extremely entertaining play by Shakespeare. The slapstick humour is refreshing!",
          rating: { stars: 5, color: "black" },
        },
        {
          reviewer: "Reviewer2",
          text: "Absolutely fun and entertaining. The play lacks thematic depth when compared to other plays by Shakespeare.",
          rating: { stars: 4, color: "black" },
        },
      ],
    });
  });

  for (const [what, handler] of [
    ["fails", () => json(500, { error: "no" })],
    ["says what is no JSON", () => ({ status: 200, headers: {}, body: "five" })],
    ["takes longer than the limit", () => new Promise<never>(() => {})],
  ] as const satisfies readonly (readonly [string, Handler])[]) {
    test(`when ratings ${what}, they are unavailable, but the reviews are there`, async (t) => {
      assert.deepEqual(ratingsIn(await ask(t, handler)), [unavailable, unavailable]);
    });
  }

  test("a reviewer without stars has none, the other keeps them", async (t) => {
    const answer = await ask(t, () => json(200, { ratings: { Reviewer2: 3 } }), { stars: "red" });
    assert.deepEqual(ratingsIn(answer), [unavailable, { stars: 3, color: "red" }]);
  });

  test("trace headers, credentials and the end user are handed on, nothing else", async (t) => {
    let seen: IncomingHttpHeaders = {};
    const headers = {
      "x-request-id": "1",
      traceparent: "2",
      "x-b3-traceid": "3",
      sw8: "4",
      "user-agent": "5",
      cookie: "6=6",
      authorization: "7",
      jwt: "8",
      "end-user": "jason",
      "x-secret": "9",
    };
    await ask(t, ({ headers }) => ((seen = headers), given()), { headers });
    const { "x-secret": secret, ...handedOn } = headers;
    for (const [name, value] of Object.entries(handedOn)) assert.equal(seen[name], value);
    assert.equal(seen["x-secret"], undefined, secret);
  });
});

describe("the versions of reviews", () => {
  const of = (env: NodeJS.ProcessEnv) => {
    const { stars, limit, ratings } = reviewsSettings(env);
    return { stars, limit, url: ratings.url };
  };
  const url = "http://ratings:9080";

  test("v1 has no stars, v2 black ones and ten seconds' patience, v3 red ones and two and a half", () => {
    assert.equal(of({}).stars, undefined);
    assert.equal(of({ SERVICE_VERSION: "v1" }).stars, undefined);
    assert.deepEqual(of({ SERVICE_VERSION: "v2" }), { stars: "black", limit: 10_000, url });
    assert.deepEqual(of({ SERVICE_VERSION: "v3" }), { stars: "red", limit: 2_500, url });
  });

  test("ENABLE_RATINGS and STAR_COLOR outdo the version", () => {
    assert.deepEqual(of({ ENABLE_RATINGS: "true", STAR_COLOR: "red" }), { stars: "red", limit: 2_500, url });
    assert.equal(of({ SERVICE_VERSION: "v3", ENABLE_RATINGS: "false" }).stars, undefined);
  });

  test("ratings is found by host name, domain and port", () => {
    const env = { RATINGS_HOSTNAME: "stars", SERVICES_DOMAIN: "books.svc", RATINGS_SERVICE_PORT: "80" };
    assert.equal(of(env).url, "http://stars.books.svc:80");
  });
});
