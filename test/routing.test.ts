/** The routing tasks of Bookinfo, each applied with the real kubectl to a running mesh. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startLoad } from "./load.ts";
import { ask, checkout, until, Weft } from "./weft.ts";

const sample = join(checkout, "samples/bookinfo");
const task = (name: string) => join(sample, "networking", `${name}.yaml`);
let weft: Weft;
let page = "";

before(async () => {
  weft = await Weft.up([sample]);
  const route = (await weft.status()).routes.find(({ url }) => url.endsWith("/productpage"));
  assert.ok(route, "the page's address is printed");
  page = route.url;
  await weft.kubectlOk(["apply", "-f", task("destination-rule-all")]);
});
after(() => weft.close());

type Stars = "none" | "black" | "red" | "unavailable";

/** What the page shows beside the reviews. */
function starsOf(body: string): Stars {
  if (body.includes("product reviews are currently unavailable")) return "unavailable";
  assert.match(body, /Comedy of Errors/);
  if (/reviews-v1/.test(body)) return "none";
  if (/reviews-v2/.test(body)) return "black";
  if (/reviews-v3/.test(body)) return "red";
  return assert.fail(`no reviews on the page: ${body}`);
}

async function stars(user?: string): Promise<Stars> {
  const { status, body } = await ask(page, user === undefined ? {} : { headers: { cookie: await signIn(user) } });
  assert.equal(status, 200);
  return starsOf(body);
}

const sessions = new Map<string, string>();

async function signIn(user: string): Promise<string> {
  const known = sessions.get(user);
  if (known !== undefined) return known;
  const answer = await ask(page.replace("/productpage", "/login"), {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: `username=${user}&passwd=`,
  });
  assert.equal(answer.status, 302);
  const cookie = [answer.headers["set-cookie"] ?? []]
    .flat()
    .map((text) => text.split(";")[0])
    .join("; ");
  sessions.set(user, cookie);
  return cookie;
}

/** Applies a task under load: it is in effect within a second, and no request fails meanwhile. */
async function applyUnderLoad(
  names: readonly string[],
  inEffect: () => Promise<boolean>,
  verb = "apply",
): Promise<void> {
  const stop = startLoad({ url: page, connections: 4, pause: 5 });
  try {
    for (const name of names) await weft.kubectlOk([verb, "-f", task(name)]);
    await until(inEffect, 1_000);
  } finally {
    const { requests, failures } = await stop();
    assert.deepEqual(failures, [], `of ${requests} requests`);
    assert.ok(requests > 0);
  }
}

/** All of `count` requests in a row satisfy it. */
async function always(count: number, check: () => Promise<boolean>): Promise<boolean> {
  for (let index = 0; index < count; index++) if (!(await check())) return false;
  return true;
}

describe("Bookinfo's routing tasks", () => {
  test("without rules the page shows every version of the reviews", async () => {
    const seen = new Set<Stars>();
    await until(async () => seen.add(await stars()).size === 3, 10_000);
    assert.deepEqual([...seen].toSorted(), ["black", "none", "red"]);
  });

  test("all to v1: nobody sees stars", async () => {
    await applyUnderLoad(["virtual-service-all-v1"], () => always(6, async () => (await stars()) === "none"));
  });

  test("end-user jason to v2: jason sees black stars, others none", async () => {
    await applyUnderLoad(["virtual-service-reviews-test-v2"], async () => (await stars("jason")) === "black");
    assert.equal(await stars(), "none");
    assert.equal(await stars("someone"), "none");
  });

  test("seven seconds' delay for jason makes the page say that reviews are unavailable", async () => {
    await weft.kubectlOk(["apply", "-f", task("virtual-service-ratings-test-delay")]);
    await until(async () => (await stars("jason")) === "unavailable", 15_000);
    const start = performance.now();
    assert.equal(await stars("jason"), "unavailable");
    const took = performance.now() - start;
    assert.ok(took > 5_500 && took < 9_000, `two tries of three seconds, took ${took} ms`);
    assert.equal(await stars(), "none");
  });

  test("abort 500 for jason: the ratings are unavailable to jason only", async () => {
    await applyUnderLoad(["virtual-service-ratings-test-abort"], async () => {
      const { body } = await ask(page, { headers: { cookie: await signIn("jason") } });
      return body.includes("Ratings service is currently unavailable");
    });
    assert.equal(await stars(), "none");
  });

  for (const [name, share, other] of [
    ["virtual-service-reviews-50-v3", 0.5, "none"],
    ["virtual-service-reviews-80-20", 0.2, "none"],
  ] as const) {
    test(`${name} splits 2000 requests within statistical bounds`, async () => {
      await weft.kubectlOk(["apply", "-f", task(name)]);
      const api = page.replace("/productpage", "/api/v1/products/0/reviews");
      const seen = { v1: 0, v2: 0, v3: 0 };
      const versionOf = async () => {
        const { body } = await ask(api);
        const version = /reviews-(v[123])/.exec(body)?.[1];
        assert.ok(version === "v1" || version === "v2" || version === "v3", body);
        return version;
      };
      await until(async () => (await versionOf()) !== (other === "none" ? "v1" : ""), 2_000);
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          for (let index = 0; index < 250; index++) seen[await versionOf()] += 1;
        }),
      );
      const moved = seen.v3 + seen.v2;
      // Five standard deviations: fails by chance once in two million runs.
      const bound = 5 * Math.sqrt(2000 * share * (1 - share));
      assert.ok(Math.abs(moved - 2000 * share) < bound, `${JSON.stringify(seen)}, expected ${2000 * share} ± ${bound}`);
    });
  }

  test("all to v3: everybody sees red stars", async () => {
    await applyUnderLoad(["virtual-service-reviews-v3"], () => always(6, async () => (await stars()) === "red"));
  });
});
