import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { codeOf, silentLog, systemClock } from "../../base/index.ts";
import type { PodHost, ProcessSpec, Sandbox } from "../sandbox.ts";
import { openLoopbackHost } from "./index.ts";

let folder: string;
let host: PodHost;
let count = 0;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "weft loopback "));
  host = openLoopbackHost({ folder, clock: systemClock, log: silentLog });
});
after(async () => {
  await host.close();
  assert.ok(!existsSync(join(folder, "loopback")));
  rmSync(folder, { recursive: true });
});

function open(name = "web"): Promise<Sandbox> {
  count += 1;
  return host.open({ uid: `u${count}`, namespace: "shop", name, hostname: name, hostAliases: [] });
}

async function start(pod: Sandbox, argv: string[], more: Partial<ProcessSpec> = {}) {
  let text = "";
  const line = Promise.withResolvers<void>();
  const process = await pod.start({
    container: "app",
    argv,
    env: { PATH: "/usr/bin:/bin", ...more.env },
    workingDir: more.workingDir,
    mounts: more.mounts ?? [],
    output(_stream, chunk) {
      text += chunk.toString();
      if (text.includes("\n")) line.resolve();
    },
  });
  return { process, output: () => text, line: line.promise };
}

async function run(pod: Sandbox, argv: string[], more?: Partial<ProcessSpec>) {
  const { process, output } = await start(pod, argv, more);
  return { ...(await process.exited), output: output() };
}

const node = (script: string) => [process.execPath, "-e", script];

test("every pod has an address of its own, which its programs learn from HOST", async () => {
  const [one, two] = [await open(), await open()];
  assert.match(one.podIP, /^127\.\d+\.255\.254$/);
  assert.notEqual(one.podIP, two.podIP);
  assert.deepEqual([one.realIP, one.hostIP, one.probeAddress], [one.podIP, "127.0.0.1", one.podIP]);
  assert.equal((await run(one, ["sh", "-c", "echo $HOST"])).output, `${one.podIP}\n`);
  const wildcard = await run(two, ["sh", "-c", "echo $HOST"], { env: { HOST: "0.0.0.0" } });
  assert.equal(wildcard.output, `${two.podIP}\n`);
  await Promise.all([one.close(), two.close()]);
});

test("the exit tells code or signal, and comes after all output", async () => {
  const pod = await open();
  const { code, output } = await run(pod, ["sh", "-c", "echo out; echo err >&2; exit 3"]);
  assert.equal(code, 3);
  assert.deepEqual(output.split("\n").toSorted(), ["", "err", "out"]);
  const sleeper = await start(pod, ["sleep", "60"]);
  sleeper.process.signal("SIGTERM");
  assert.deepEqual(await sleeper.process.exited, { code: undefined, signal: "SIGTERM" });
  sleeper.process.signal("SIGTERM");
  await pod.close();
});

test("arguments reach the program as they are, through no shell", async () => {
  const pod = await open();
  assert.equal(
    (await run(pod, ["printf", "%s|", "$HOME", "a b", "--pdeathsig", "'"])).output,
    "$HOME|a b|--pdeathsig|'|",
  );
  await pod.close();
});

test("what cannot be started says what to do", async () => {
  const pod = await open();
  for (const [argv, more, words] of [
    [["no-such-program"], {}, /no program "no-such-program" in the folders of PATH/],
    [["/no/such"], {}, /no program \/no\/such/],
    [["true"], { workingDir: "/no/such" }, /no folder \/no\/such/],
    [["true"], { mounts: [{ source: "/no/such", path: "/data", readOnly: false }] }, /nothing at \/no\/such/],
  ] as const) {
    await assert.rejects(start(pod, [...argv], more), (error: Error & { remedy?: string }) => {
      assert.match(error.message, words);
      assert.ok(error.remedy);
      return codeOf(error) === "StartError";
    });
  }
  await pod.close();
});

test("names resolve to what the mesh says for this pod, also after a change, and others as before", async () => {
  const pod = await open("caller");
  host.names({ "shop/caller": { details: ["127.9.0.1", "127.9.0.2"] }, "shop/other": { details: ["127.8.0.1"] } });
  const script = `
    const dns = require("node:dns"), { promisify } = require("node:util");
    const show = async (name, options) => {
      try { console.log(JSON.stringify(await dns.promises.lookup(name, options))); } catch (e) { console.log(e.code); }
    };
    (async () => {
      await show("details");
      await show("DETAILS.", { all: true });
      await show("127.0.0.1");
      console.log((await promisify(dns.lookup)("details", 4)).address, dns.lookup.name);
      dns.lookup("details", (error, address, family) => {
        console.log(address, family);
        process.stdin.resume();
        import("node:dns/promises").then(async ({ lookup }) => {
          const wait = async () => {
            const { address } = await lookup("details");
            if (address === "127.9.0.1") return setTimeout(wait, 5);
            console.log(address);
            process.exit(0);
          };
          console.log("ready");
          await wait();
        });
      });
    })();`;
  const { process: program, output } = await start(pod, node(script));
  while (!output().includes("ready")) await new Promise((resolve) => setImmediate(resolve));
  host.names({ "shop/caller": { details: ["127.9.0.3"] } });
  assert.deepEqual(await program.exited, { code: 0, signal: undefined });
  assert.deepEqual(output().trim().split("\n"), [
    '{"address":"127.9.0.1","family":4}',
    '[{"address":"127.9.0.1","family":4},{"address":"127.9.0.2","family":4}]',
    '{"address":"127.0.0.1","family":4}',
    "127.9.0.1 lookup",
    "127.9.0.1 4",
    "ready",
    "127.9.0.3",
  ]);
  await pod.close();
});

test("a pod's own name and its host aliases resolve, and connections use them", async () => {
  const hostAliases = [{ ip: "127.0.0.1", hostnames: ["Db"] }];
  const pod = await host.open({ uid: "own", namespace: "shop", name: "own", hostname: "own-1", hostAliases });
  const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const script = `
    require("node:net").connect(${port}, "db", function () { console.log(this.remoteAddress); });
    require("node:dns").lookup("own-1", (e, address) => console.log(address));`;
  const { output } = await run(pod, node(script), { env: { NODE_OPTIONS: "--no-warnings" } });
  assert.deepEqual(output.trim().split("\n").toSorted(), ["127.0.0.1", pod.podIP].toSorted());
  server.close();
  await pod.close();
});

test("mounts stand below $WEFT_ROOT and nowhere else", async () => {
  const pod = await open();
  const source = join(folder, "config");
  mkdirSync(source);
  writeFileSync(join(source, "color"), "red\n");
  const mounts = [{ source, path: "/etc/weft-test", readOnly: true }];
  assert.equal((await run(pod, ["sh", "-c", `cat "$WEFT_ROOT/etc/weft-test/color"`], { mounts })).output, "red\n");
  assert.equal((await run(pod, ["cat", "color"], { mounts, workingDir: "/etc/weft-test" })).output, "red\n");
  assert.ok(!existsSync("/etc/weft-test"));
  await pod.close();
  assert.equal(readFileSync(join(source, "color"), "utf8"), "red\n");
});

test(
  "a port that another pod took on all addresses is a fault that names it",
  { skip: process.platform !== "linux" },
  async () => {
    const [greedy, pod] = [await open("greedy"), await open("polite")];
    const listen = "const s = require('net').createServer().listen(0, '0.0.0.0', () => console.log(s.address().port));";
    const { line, output } = await start(greedy, node(listen));
    await line;
    const PORT = output().trim();
    await assert.rejects(start(pod, ["true"], { env: { PORT } }), {
      code: "PortConflict",
      message: `port ${PORT} of container app in pod shop/polite is taken: container app of pod shop/greedy listens on it`,
    });
    // A probe or hook beside the program that has the port is no conflict.
    assert.equal((await run(greedy, ["true"], { env: { PORT } })).code, 0);
    await Promise.all([greedy.close(), pod.close()]);
    const again = await open();
    assert.equal((await run(again, ["true"], { env: { PORT } })).code, 0);
    await again.close();
  },
);

test(
  "what a program started ends with it, and all ends with the pod",
  { skip: process.platform !== "linux" },
  async () => {
    const pod = await open();
    const parent = await run(pod, ["sh", "-c", "sleep 60 & echo $!"]);
    await until(() => !lives(Number(parent.output)));
    const other = await start(pod, ["sh", "-c", "sleep 60 & echo $!; wait"]);
    await other.line;
    await pod.close();
    assert.equal((await other.process.exited).signal, "SIGKILL");
    await until(() => !lives(Number(other.output())));
  },
);

test("a sudden death of the agent leaves nothing behind", { skip: process.platform !== "linux" }, async () => {
  const options = JSON.stringify({ folder: join(folder, "dying") });
  const agent = spawn(process.execPath, [
    "--input-type=module",
    "-e",
    `import { openLoopbackHost } from ${JSON.stringify(new URL("index.ts", import.meta.url).href)};
     import { silentLog as log, systemClock as clock } from ${JSON.stringify(new URL("../../base/index.ts", import.meta.url).href)};
     const pod = await openLoopbackHost({ ...${options}, clock, log })
       .open({ uid: "u", namespace: "n", name: "p", hostname: "p", hostAliases: [] });
     const spec = { container: "c", env: { PATH: "/usr/bin:/bin" }, mounts: [], output: (_, chunk) => process.stdout.write(chunk) };
     await pod.start({ ...spec, argv: ["sh", "-c", "sleep 60 & echo $$ $!; wait"] });`,
  ]);
  const [chunk] = (await once(agent.stdout, "data")) as [Buffer];
  const pids = chunk.toString().trim().split(" ").map(Number);
  assert.equal(pids.length, 2);
  assert.ok(pids.every(lives));
  agent.kill("SIGKILL");
  await until(() => !pids.some(lives));
});

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 5000;
  while (!condition()) {
    assert.ok(Date.now() < end, "nothing happened for five seconds");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A zombie counts as gone: whoever inherited it has only not looked yet. */
function lives(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}
