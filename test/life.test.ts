/** Whatever is killed, the others mend it or all end, and nothing is left behind. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ask, checkout, until, Weft } from "./weft.ts";

const sample = join(checkout, "samples/bookinfo");
const open: Weft[] = [];
after(() => Promise.all(open.map((weft) => weft.close())));

async function up(network: "netns" | "loopback"): Promise<{ weft: Weft; page: string }> {
  const weft = await Weft.up([sample], { network });
  open.push(weft);
  const page = (await weft.status()).routes.find(({ url }) => url.endsWith("/productpage"))?.url;
  assert.ok(page);
  return { weft, page };
}

/** Every process whose environment or arguments name this mesh's folder, or that lives in a namespace one of them made. */
function processesOf(weft: Weft): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        const text = readFileSync(`/proc/${pid}/cmdline`, "latin1") + readFileSync(`/proc/${pid}/environ`, "latin1");
        return text.includes(weft.folder) && readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.[0] !== "Z";
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Network namespaces that these processes live in. */
function namespacesOf(pids: readonly (number | string)[]): Set<string> {
  const found = new Set<string>();
  for (const pid of pids) {
    try {
      found.add(readlinkSync(`/proc/${pid}/ns/net`));
    } catch {
      // It ended meanwhile, or is not ours to see.
    }
  }
  return found;
}

/** Whether anybody on this machine still lives in one of these, the machine's own aside. */
function isInhabited(namespaces: ReadonlySet<string>): boolean {
  const own = readlinkSync("/proc/self/ns/net");
  const all = namespacesOf(readdirSync("/proc").filter((name) => /^\d+$/.test(name)));
  return [...namespaces].some((name) => name !== own && all.has(name));
}

const mounts = () => readFileSync("/proc/self/mounts", "utf8").split("\n").length;
const links = () => readdirSync("/sys/class/net").toSorted().join(" ");

for (const network of ["netns", "loopback"] as const) {
  describe(`life of a mesh (${network})`, () => {
    test("Ctrl-C ends everything it started, in order, with exit code 0", async () => {
      const before = { mounts: mounts(), links: links() };
      const { weft, page } = await up(network);
      const inhabited = namespacesOf(below(weft.process.pid ?? 0));
      assert.equal(inhabited.size > 1, network === "netns");
      assert.equal((await ask(page)).status, 200);
      assert.ok(processesOf(weft).length > 2);
      assert.equal(await weft.stop(), 0);
      assert.deepEqual(processesOf(weft), []);
      assert.ok(!isInhabited(inhabited));
      assert.deepEqual({ mounts: mounts(), links: links() }, before);
      await assert.rejects(ask(page));
    });

    test("kill -9 of the first process ends all the others", async () => {
      const before = { mounts: mounts(), links: links() };
      const { weft, page } = await up(network);
      const inhabited = namespacesOf(below(weft.process.pid ?? 0));
      weft.process.kill("SIGKILL");
      await until(() => processesOf(weft).length === 0, 10_000);
      await until(() => !isInhabited(inhabited), 5_000);
      assert.deepEqual({ mounts: mounts(), links: links() }, before);
      await assert.rejects(ask(page));
    });

    test("kill -9 of the proxy is mended", async () => {
      const { weft, page } = await up(network);
      const { proxy } = await weft.status();
      assert.ok(proxy.pid);
      process.kill(proxy.pid, "SIGKILL");
      await until(async () => (await weft.status()).proxy.pid !== proxy.pid, 10_000);
      await until(async () => (await ask(page)).status === 200, 10_000);
      assert.equal(await weft.stop(), 0);
    });

    test("kill -9 of the node agent is mended: every pod comes back", async () => {
      const { weft, page } = await up(network);
      const agent = processesOf(weft).find((pid) =>
        readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("agent-process"),
      );
      assert.ok(agent);
      process.kill(agent, "SIGKILL");
      await until(async () => !(await weft.status()).ready, 10_000).catch(() => undefined);
      await until(async () => (await weft.status()).ready && (await ask(page)).status === 200, 30_000);
      assert.equal(await weft.stop(), 0);
    });
  });
}

/** Every process that descends from one. */
function below(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(" ").filter(Boolean);
  return children.map(Number).flatMap((child) => {
    try {
      return [child, ...below(child)];
    } catch {
      return [child];
    }
  });
}

/** What a process is there for, as far as its command line tells. */
function kindOf(pid: number): string {
  const words = readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0");
  const program = words[0]?.split("/").at(-1) ?? "";
  const what = words.map((word) => /(agent|proxy)-process|weft-(?:pod|container)|up$/.exec(word)?.[0]).find(Boolean);
  return `${program} ${what ?? ""}`.trim();
}

describe("kill -9 of any process at all", () => {
  let weft: Weft;
  let page = "";
  before(async () => ({ weft, page } = await up("netns")));

  const whole = async () => (await weft.status()).ready && (await ask(page)).status === 200;
  const processes = () => new Map(below(weft.process.pid ?? 0).map((pid) => [kindOf(pid), pid]));

  test("that a node agent dies again and again before it is ready is mended too", async () => {
    let last: number | undefined;
    for (let death = 0; death < 3; death++) {
      const isNext = () => ![undefined, last].includes(processes().get("unshare agent-process"));
      await until(isNext, 20_000);
      last = processes().get("unshare agent-process");
      process.kill(last ?? 0, "SIGKILL");
    }
    await until(whole, 30_000);
  });

  test("is mended by the others, and nothing keeps the end waiting", async () => {
    const kinds = [...processes().keys()];
    for (const kind of ["unshare agent-process", "nsenter proxy-process", "unshare weft-pod", "nsenter weft-container"])
      assert.ok(kinds.includes(kind), `${kind} is not among ${kinds.join(", ")}`);
    for (const kind of kinds) {
      const pid = processes().get(kind);
      assert.ok(pid, `there is a ${kind} again`);
      process.kill(pid, "SIGKILL");
      await until(() => processes().get(kind) !== pid && processes().has(kind), 20_000);
      await until(whole, 30_000);
    }
    const start = performance.now();
    assert.equal(await weft.stop(), 0);
    assert.ok(performance.now() - start < 20_000, "it ends at its own pace, not by force");
    assert.deepEqual(processesOf(weft), []);
  });
});

describe("a mesh that is started again on its data directory", () => {
  test("has everything that was applied, and runs it", async () => {
    const { weft } = await up("loopback");
    const dataDir = join(weft.folder, "data");
    await weft.kubectlOk(["apply", "-f", join(sample, "networking/destination-rule-all.yaml")]);
    await weft.kubectlOk(["create", "configmap", "kept", "--from-literal=a=b"]);
    await weft.kubectlOk(["scale", "deployment", "ratings-v1", "--replicas=2"]);
    assert.equal(await weft.stop(), 0);
    const again = await Weft.up([], { network: "loopback", dataDir });
    open.push(again);
    const { workloads } = await again.status();
    assert.deepEqual(
      workloads.map(({ name, ready }) => `${name} ${ready}`),
      ["details-v1 1", "productpage-v1 1", "ratings-v1 2", "reviews-v1 1", "reviews-v2 1", "reviews-v3 1"],
    );
    assert.equal(await again.kubectlOk(["get", "configmap", "kept", "-o", "jsonpath={.data.a}"]), "b");
    assert.match(await again.kubectlOk(["get", "destinationrules"]), /reviews/);
    const url = (await again.status()).routes.find((route) => route.url.endsWith("/productpage"))?.url ?? "";
    assert.equal((await ask(url)).status, 200);
  });
});
