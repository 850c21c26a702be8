/** Any program of Bookinfo may be killed: it returns, and where there are two of it nobody notices. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startLoad } from "./load.ts";
import { checkout, until, Weft } from "./weft.ts";

let weft: Weft;
let page = "";
const services = ["details", "ratings", "reviews", "productpage"] as const;

before(async () => {
  weft = await Weft.up([join(checkout, "samples/bookinfo")]);
  page = (await weft.status()).routes.find(({ url }) => url.endsWith("/productpage"))?.url ?? "";
});
after(() => weft.close());

/** The processes of this mesh that run a service. */
function processesOf(service: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const [program = "", script = ""] = readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0");
        const environment = readFileSync(`/proc/${pid}/environ`, "latin1");
        const isOurs = environment.includes(`HOME=${weft.folder}`);
        return isOurs && program.endsWith("node") && new RegExp(`/${service}\\.(ts|js)$`).test(script);
      } catch {
        return false;
      }
    })
    .map(Number);
}

const ready = async () => (await weft.status()).ready;

/** A page that shows everything. */
const whole = (status: number, body: string) => status === 200 && !body.includes("unavailable");

describe("a killed program", () => {
  for (const service of services) {
    test(`${service} returns`, async () => {
      const killed = processesOf(service);
      assert.ok(killed.length > 0);
      for (const pid of killed) process.kill(pid, "SIGKILL");
      await until(() => {
        const now = processesOf(service);
        return now.length === killed.length && now.every((pid) => !killed.includes(pid));
      }, 20_000);
      await until(ready, 20_000);
      const pods = await weft.kubectlOk([
        "get",
        "pods",
        "-l",
        `app=${service}`,
        "-o",
        "jsonpath={.items[*].status.containerStatuses[*].restartCount}",
      ]);
      assert.deepEqual(new Set(pods.split(" ")), new Set(["1"]));
    });
  }
});

describe("with two replicas", () => {
  before(async () => {
    await weft.kubectlOk(["scale", "deployment", "--all", "--replicas=2"]);
    await until(async () => {
      const { workloads } = await weft.status();
      return workloads.every(({ ready, desired }) => desired === 2 && ready === 2);
    }, 30_000);
  });

  for (const service of services) {
    test(`of ${service}, no request fails but those on the killed socket`, async () => {
      const stop = startLoad({ url: page, connections: 4, pause: 5, well: whole });
      const [victim] = processesOf(service);
      assert.ok(victim);
      await new Promise((resolve) => setTimeout(resolve, 300));
      process.kill(victim, "SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, 3000));
      const { requests, failures } = await stop();
      // Each of the four connections had at most one request on the killed program's sockets.
      assert.ok(failures.length <= 4, `${failures.length} of ${requests}:\n${failures.join("\n")}`);
      assert.ok(requests > 100);
    });
  }

  test("a rolling restart fails no request", async () => {
    await until(ready, 20_000);
    const stop = startLoad({ url: page, connections: 4, pause: 5, well: whole });
    await weft.kubectlOk(["rollout", "restart", "deployment", "reviews-v1", "productpage-v1", "details-v1"]);
    for (const name of ["reviews-v1", "productpage-v1", "details-v1"]) {
      await weft.kubectlOk(["rollout", "status", "deployment", name, "--timeout=60s"]);
    }
    const { requests, failures } = await stop();
    assert.deepEqual(failures, [], `of ${requests}`);
  });
});
