/** The routing tasks of Bookinfo, each applied with the real kubectl to a running mesh. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
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

/** A page that shows everything: no service behind it failed. */
const whole = (status: number, body: string) => status === 200 && !body.includes("unavailable");

/** Applies a task under load: it is in effect within a second, and no request fails meanwhile. */
async function applyUnderLoad(
  names: readonly string[],
  inEffect: () => Promise<boolean>,
  verb = "apply",
): Promise<void> {
  const stop = startLoad({ url: page, connections: 4, pause: 5, well: whole });
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

  test("mirroring: v1 answers, and v3 sees every request", async () => {
    await applyUnderLoad(["virtual-service-reviews-mirror-v3"], () =>
      always(6, async () => (await stars()) === "none"),
    );
    const before = await countOf("reviews-v3");
    for (let count = 0; count < 20; count++) assert.equal(await stars(), "none");
    await until(async () => (await countOf("reviews-v3")) === before + 20, 5_000);
  });

  test("header operations and URI rewrites", async () => {
    await weft.apply(reader);
    // Nothing, while it has not started.
    const said = async () => (await weft.kubectl(["logs", "deploy/reader", "--tail=400"])).stdout;
    await until(async () => (await said()).includes("x-powered-by: Bookinfo"), 20_000);
    assert.doesNotMatch(await said(), /x-bookinfo-route/);
    await applyUnderLoad(["virtual-service-details-headers"], async () =>
      /HTTP\/1\.1 200 OK(?:(?!x-powered-by)[^])*?x-bookinfo-route: details-headers/.test((await said()).slice(-1500)),
    );
    assert.doesNotMatch(await said(), /"book"/);
    await applyUnderLoad(["virtual-service-details-rewrite"], async () =>
      /\/book\/0 200 [^]*"id":0/.test((await said()).slice(-1500)),
    );
  });
});

/** A program that keeps asking details, by its path and by another one. */
const reader = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: reader }
spec:
  selector: { matchLabels: { app: reader } }
  template:
    metadata: { labels: { app: reader } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: reader
          image: docker.io/curlimages/curl:8.11.0
          command:
            - /bin/sh
            - -c
            - |
              while sleep 0.1; do
                curl -si http://details:9080/details/0; echo
                curl -s -w ' /book/0 %{http_code} ' http://details:9080/book/0; echo
              done
`;

/** Requests a workload answered, as its own side counts them. */
async function countOf(workload: string): Promise<number> {
  const { metrics } = await weft.status();
  const { body } = await ask(metrics);
  let sum = 0;
  for (const line of body.split("\n")) {
    const counts = line.startsWith("istio_requests_total{") && line.includes('reporter="destination"');
    if (counts && line.includes(`destination_workload="${workload}"`)) sum += Number(line.split(" ").at(-1));
  }
  return sum;
}

describe("the access log", () => {
  test("is off until the mesh's ConfigMap names a file, and has both sides' lines in Istio's format", async () => {
    const file = join(weft.dataDir, "access.log");
    assert.equal(existsSync(file), false);
    await weft.kubectlOk(["create", "namespace", "istio-system"]);
    await weft.kubectlOk([
      "create",
      "configmap",
      "istio",
      "-n",
      "istio-system",
      "--from-literal=mesh=accessLogFile: /dev/stdout",
    ]);
    await until(async () => {
      await ask(page);
      return existsSync(file) && readFileSync(file, "utf8").includes("inbound|9080||");
    }, 5_000);
    const line =
      /^\[[^\]]+Z\] "GET \/details\/0 HTTP\/1\.1" 200 - via_upstream - "-" 0 \d+ \d+ \d+ "-" "[^"]+" "[0-9a-f-]{36}" "details:9080" "10\.244\.\d+\.\d+:9080" outbound\|9080\|[^|]*\|details\.default\.svc\.cluster\.local /m;
    assert.match(readFileSync(file, "utf8"), line);
    await weft.kubectlOk(["delete", "configmap", "istio", "-n", "istio-system"]);
  });
});

describe("a DestinationRule and the VirtualService that needs its subsets", () => {
  const rule = (subsets: readonly string[]) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews }
spec:
  host: reviews
  subsets:
${subsets.map((name) => `    - { name: ${name}, labels: { version: ${name === "canary" ? "v2" : name} } }`).join("\n")}
`;
  const service = (subset: string) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews }
spec:
  hosts: [reviews]
  http:
    - route: [{ destination: { host: reviews, subset: ${subset} } }]
`;
  const all = ["v1", "v2", "v3"];

  before(() => weft.kubectlOk(["apply", "-f", task("virtual-service-all-v1")]));

  /** Runs one change under load; the page shows it within a second, or within what a removal waits for. */
  async function under(change: () => Promise<unknown>, shows: readonly Stars[]): Promise<void> {
    const stop = startLoad({ url: page, connections: 4, pause: 2, well: whole });
    try {
      await change();
      await until(() => always(5, async () => shows.includes(await stars())), 1_000);
      // What is taken away late must not be missed either.
      await new Promise((resolve) => setTimeout(resolve, 2_500));
    } finally {
      assert.deepEqual((await stop()).failures, []);
    }
  }

  for (const [name, parts] of [
    ["rule first", [rule([...all, "canary"]), service("canary")]],
    ["VirtualService first", [service("canary"), rule([...all, "canary"])]],
  ] as const) {
    test(`in one apply, ${name}, lose no request`, async () => {
      await under(() => weft.apply([rule(all), service("v1")].join("---")), ["none"]);
      await under(() => weft.apply(parts.join("---")), ["black"]);
    });
  }

  for (const [name, order] of [
    ["rule first", [rule(all), service("v1")]],
    ["VirtualService first", [service("v1"), rule(all)]],
  ] as const) {
    test(`going away together, ${name}, lose no request`, async () => {
      await under(() => weft.apply([rule(all), service("v1")].join("---")), ["none"]);
      await under(() => weft.kubectlOk(["delete", "-f", "-"], { input: order.join("---") }), ["none", "black", "red"]);
    });
  }
});
