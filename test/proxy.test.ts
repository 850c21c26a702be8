/** `weft proxy -c envoy.yaml`: the real command, with real sockets, beside Envoy where it is there. */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { loadBootstrap } from "../src/proxy/index.ts";
import { envoy, startEnvoy, validateByEnvoy } from "./envoy.ts";
import { startLoad } from "./load.ts";
import { frontProxy, ProxyProcess } from "./static-proxy.ts";
import { ask, run, until, weftProgram } from "./weft.ts";

/** Answers with what it was asked, `/slow` after it was told to. */
let web: Server;
/** Sends back what it gets. */
let raw: ReturnType<typeof createTcpServer>;
let release: () => void = () => undefined;
const portOf = (server: { address(): string | AddressInfo | null }) => (server.address() as AddressInfo).port;

before(async () => {
  web = createServer((request, response) => {
    const answer = () => response.end(`${request.method} ${request.url}`);
    if (request.url === "/slow") release = answer;
    else answer();
  });
  raw = createTcpServer((socket) => void socket.on("error", () => undefined).pipe(socket));
  for (const server of [web, raw]) {
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  }
});

after(() => {
  web.close();
  web.closeAllConnections();
  raw.close();
});

const both = (says?: string) =>
  frontProxy({ web: portOf(web), raw: portOf(raw), ...(says === undefined ? {} : { says }) });

/** What comes back over TCP. */
function echo(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.end(text));
    socket.on("data", (bytes) => void (answer += bytes.toString()));
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}

/** `weft proxy` to its end. */
const proxy = (...args: readonly string[]) => run(process.execPath, [weftProgram, "proxy", ...args]);

describe("weft proxy", () => {
  test("serves HTTP and TCP by the static resources of a bootstrap, as root and as an ordinary user", async () => {
    for (const uid of process.getuid?.() === 0 ? [undefined, 65_534] : [undefined]) {
      const running = await ProxyProcess.start(both(), uid === undefined ? {} : { uid });
      try {
        const answer = await ask(`http://127.0.0.1:${running.port("web")}/some?thing`);
        assert.deepEqual([answer.status, answer.body, answer.headers["x-says"]], [200, "GET /some?thing", "first"]);
        assert.equal(await echo(running.port("raw"), "to and fro"), "to and fro");
        assert.equal((await ask(`${running.admin}/ready`)).body, "LIVE\n");
      } finally {
        await running.close();
      }
    }
  });

  test("says all that is wrong with a file at once, where it stands, and starts nothing", async () => {
    const folder = mkdtempSync(join(tmpdir(), "weft-proxy-"));
    const file = join(folder, "envoy.yaml");
    try {
      writeFileSync(
        file,
        both().replace("codec_type: AUTO", "colour: red").replace("connect_timeout: 1s", "lb_policy: 7"),
      );
      for (const mode of ["serve", "validate"]) {
        const { code, stdout, stderr } = await proxy("-c", file, "--mode", mode);
        assert.deepEqual([code, stdout], [2, ""]);
        const first = stderr.split("\n").find((line) => line.startsWith(file));
        const line =
          both()
            .split("\n")
            .findIndex((text) => text.includes("codec_type")) + 1;
        assert.ok(
          first?.startsWith(
            `${file}:${line}:11: error: static_resources.listeners[0].filter_chains[0].filters[0].typed_config.colour:`,
          ),
          stderr,
        );
        assert.match(stderr, /nothing was started/);
      }
      writeFileSync(file, both());
      assert.deepEqual((await proxy("-c", file, "--mode", "validate")).code, 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("a port that is taken is told with what to do, and nothing stays open", async () => {
    const taken = createTcpServer();
    await new Promise<void>((resolve) => void taken.listen(0, "127.0.0.1", resolve));
    const bootstrap = both().replace(/(name: raw\n.*port_value: )0/, `$1${portOf(taken)}`);
    try {
      for (const concurrency of ["1", "2"]) {
        const running = new ProxyProcess(bootstrap, { args: ["--concurrency", concurrency] });
        assert.equal(await running.ended, 1);
        assert.match(
          running.stderr,
          new RegExp(`127\\.0\\.0\\.1:${portOf(taken)} is taken by another program\n  stop`),
        );
        await running.close();
      }
    } finally {
      taken.close();
    }
  });

  for (const concurrency of ["1", "2"]) {
    test(`takes a changed file under load without losing anything, concurrency ${concurrency}`, async () => {
      const running = await ProxyProcess.start(both(), { args: ["--concurrency", concurrency] });
      try {
        const url = `http://127.0.0.1:${running.port("web")}/`;
        const stop = startLoad({ url, connections: 8, pause: 1 });
        const open = connect(running.port("raw"), "127.0.0.1");
        const heard: string[] = [];
        open.on("data", (bytes) => void heard.push(bytes.toString()));
        open.write("one");
        await until(() => heard.join("") === "one");
        for (const says of ["second", "third"]) {
          running.rewrite(both(says));
          await until(async () => (await ask(url)).headers["x-says"] === says);
        }
        running.rewrite(both("fourth").replace("codec_type", "codec"));
        await running.said("what was in force before still is");
        assert.match(running.stderr, /envoy\.yaml:\d+:11: error: .*\.codec: /);
        assert.equal((await ask(url)).headers["x-says"], "third");
        running.process.kill("SIGHUP");
        open.write(" two");
        await until(() => heard.join("") === "one two");
        open.destroy();
        const { requests, failures } = await stop();
        assert.deepEqual(failures, []);
        assert.ok(requests > 50);
      } finally {
        await running.close();
      }
    });
  }

  test("kill -9 of one of two processes fails its own connections only, and another one takes its place", async () => {
    const running = await ProxyProcess.start(both(), { args: ["--concurrency", "2"] });
    try {
      const [first = 0, second = 0] = running.workers;
      const connections = 8;
      const stop = startLoad({ url: `http://127.0.0.1:${running.port("web")}/`, connections, pause: 1 });
      process.kill(first, "SIGKILL");
      await running.said("worker 1 killed by SIGKILL; starting it again");
      await running.said("worker 1 serves again");
      // Now the new one is left to answer alone.
      process.kill(second, "SIGKILL");
      await running.said("worker 2 serves again");
      await until(async () => (await ask(`http://127.0.0.1:${running.port("web")}/`)).status === 200);
      const { failures, requests } = await stop();
      assert.ok(requests > connections);
      assert.ok(failures.length <= 2 * connections, failures.join("\n"));
    } finally {
      await running.close();
    }
  });

  test("the processes that share the ports end with the first one, however it ends", async () => {
    const running = await ProxyProcess.start(both(), { args: ["--concurrency", "2"] });
    const { workers } = running;
    await running.close();
    assert.equal(workers.length, 2);
    await until(() => workers.every((pid) => !isAlive(pid)));
  });

  for (const concurrency of ["1", "2"]) {
    test(`SIGTERM lets requests under way end, takes no new ones, and ends well, concurrency ${concurrency}`, async () => {
      const running = await ProxyProcess.start(both(), { args: ["--concurrency", concurrency] });
      try {
        const url = `http://127.0.0.1:${running.port("web")}`;
        release = () => undefined;
        const noRelease = release;
        const slow = ask(`${url}/slow`);
        await until(() => release !== noRelease);
        running.process.kill("SIGTERM");
        await running.said("taking no new connections");
        await until(() =>
          ask(`${url}/`).then(
            () => false,
            () => true,
          ),
        );
        release();
        const { status, headers } = await slow;
        assert.deepEqual([status, headers["connection"]], [200, "close"]);
        assert.equal(await running.ended, 0);
      } finally {
        await running.close();
      }
    });
  }

  test("connections that do not end are ended when the time is over, or at the second SIGTERM", async () => {
    for (const isSecond of [false, true]) {
      const running = await ProxyProcess.start(both(), { args: ["--drain-time-s", isSecond ? "600" : "1"] });
      const open = await held(running.port("raw"));
      try {
        running.process.kill("SIGTERM");
        await running.said("taking no new connections");
        // Two signals at once are one key press, heard twice.
        if (isSecond) await new Promise((resolve) => setTimeout(resolve, 400));
        if (isSecond) running.process.kill("SIGTERM");
        assert.equal(await running.ended, isSecond ? 130 : 0);
      } finally {
        open.destroy();
        await running.close();
      }
    }
  });

  test("the admin pages answer for all processes, and end them", async () => {
    const running = await ProxyProcess.start(both(), { args: ["--concurrency", "2"] });
    try {
      for (let count = 0; count < 20; count += 1) await ask(`http://127.0.0.1:${running.port("web")}/`);
      const { body } = await ask(`${running.admin}/stats/prometheus`);
      const counted = body.split("\n").filter((line) => line.startsWith("istio_requests_total{"));
      assert.deepEqual(
        counted.map((line) => line.split(" ").at(-1)),
        ["20"],
      );
      assert.match(
        (await ask(`${running.admin}/listeners`)).body,
        new RegExp(`^web::127.0.0.1:${running.port("web")}$`, "m"),
      );
      assert.match((await ask(`${running.admin}/clusters`)).body, /^web::127\.0\.0\.1:\d+::rq_active::0$/m);
      assert.equal((await ask(`${running.admin}/config_dump`)).status, 200);
      assert.equal((await ask(`${running.admin}/quitquitquit`, { method: "POST" })).status, 200);
      assert.equal(await running.ended, 0);
    } finally {
      await running.close();
    }
  });
});

/** Changes to a bootstrap for which Envoy refuses it. */
const refusedByEnvoy: readonly (readonly [what: string, text: string | RegExp, by: string])[] = [
  ["a route to an unknown cluster", "cluster: web, timeout", "cluster: nope, timeout"],
  ["a mirror to an unknown cluster", "timeout: 20s", "request_mirror_policies: [{ cluster: nope }]"],
  [
    "a split with unknown clusters",
    "cluster: web, timeout: 20s",
    "weighted_clusters: { clusters: [{ name: nope, weight: 1 }] }",
  ],
  ["a split of nothing", "cluster: web, timeout: 20s", "weighted_clusters: { clusters: [{ name: web, weight: 0 }] }"],
  ["a part without weight", "cluster: web, timeout: 20s", "weighted_clusters: { clusters: [{ name: web }] }"],
  ["a TCP proxy to nowhere", /\n +cluster: raw\n/, "\n"],
  ["two clusters of one name", "  - name: web\n    type", "  - { name: raw }\n  - name: web\n    type"],
  ["a listener without address", /(name: raw\n) +address.*\n/, "$1"],
  ["a listener without chains", /filter_chains:\n[^]*?  - name: raw/, "filter_chains: []\n  - name: raw"],
  ["a filter without type", '"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router', ""],
  ["a manager without stat_prefix", "stat_prefix: web", ""],
  ["a virtual host without name", "- name: all\n              domains", "- domains"],
  ["a virtual host without domains", 'domains: ["*"]', "domains: []"],
  ["one domain twice", "- name: all\n", '- { name: other, domains: ["*"] }\n            - name: all\n'],
  ["a route without match", "match: { prefix: /direct }\n                direct", "direct"],
  ["a route without action", /direct_response: .*/, "name: x"],
  ["an answer with a status that is none", "status: 418", "status: 99"],
  ["a pattern that is none", "prefix: /direct", "safe_regex: { regex: '(' }"],
  ["a prefix of segments that ends in a slash", "prefix: /direct", "path_separated_prefix: /direct/"],
  ["a header without name", "key: x-says", 'key: ""'],
  [
    "append in two ways",
    "{ key: x-says, value: first }",
    "{ key: x-says, value: first }\n                  append: true\n                  append_action: ADD_IF_ABSENT",
  ],
  ["a cluster without name", "  - name: web\n    type", "  - type"],
  ["endpoints without name", "cluster_name: web", ""],
  ["a name in a static cluster", "address: 127.0.0.1, port_value: WEB", "address: localhost, port_value: WEB"],
  ["an endpoint without address", /endpoint: \{ address.*WEB.*/, "endpoint: {}"],
  ["an endpoint without port", "address: 127.0.0.1, port_value: WEB", "address: 127.0.0.1"],
  ["an EDS cluster that nobody feeds", "type: STATIC", "type: EDS"],
  ["a port that is none", "port_value: WEB", "port_value: 70000"],
  ["no time to connect", "connect_timeout: 1s", "connect_timeout: 0s"],
  ["a time that is none", "connect_timeout: 1s", "connect_timeout: 1 s"],
  ["a text that is a number", "name: local\n", "name: 7\n"],
  ["a field nobody knows", "connect_timeout: 1s", "colour: red"],
  [
    "two chains for the same connections",
    /( +- filters:\n +- name: envoy.filters.network.tcp_proxy[^]*?cluster: raw\n)/,
    "$1$1",
  ],
  ["routes in two places", "codec_type: AUTO", "rds: { route_config_name: x, config_source: { ads: {} } }"],
  ["no routes at all", /route_config:\n[^]*?http_filters/, "http_filters"],
  [
    "two routers",
    "http_filters:\n",
    `http_filters:\n          - name: first\n            typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }\n`,
  ],
];

describe("weft proxy and Envoy", { skip: envoy === undefined && "no Envoy; `npm run envoy` fetches one" }, () => {
  test("refuse the same bootstraps", async () => {
    assert.ok(envoy);
    const whole = frontProxy({ web: 18_080, raw: 18_081 });
    assert.deepEqual((await loadBootstrap(whole, "envoy.yaml")).faults, []);
    const taken: string[] = [];
    for (const [what, text, by] of refusedByEnvoy) {
      const ours = (name: string | RegExp) =>
        typeof name === "string" ? name.replaceAll("WEB", "18080") : new RegExp(name.source.replaceAll("WEB", "18080"));
      const changed = whole.replace(ours(text), by.replaceAll("WEB", "18080"));
      assert.notEqual(changed, whole, what);
      if ((await validateByEnvoy(envoy, changed)).code === 0) taken.push(`Envoy takes ${what}`);
      if ((await loadBootstrap(changed, "envoy.yaml")).faults.length === 0) taken.push(`Weft takes ${what}`);
    }
    assert.deepEqual(taken, []);
  });

  test("answer the same from the same bootstrap", async () => {
    assert.ok(envoy);
    const bootstrap = both();
    assert.equal((await validateByEnvoy(envoy, bootstrap)).code, 0);
    const theirs = await startEnvoy(envoy, bootstrap);
    const ours = await ProxyProcess.start(bootstrap);
    try {
      for (const path of ["/", "/a/b?c=d", "/direct"]) {
        const [one, other] = await Promise.all(
          [theirs.ports.get("web"), ours.port("web")].map((port) => ask(`http://127.0.0.1:${port}${path}`)),
        );
        assert.deepEqual(
          [one?.status, one?.body, Object.keys(one?.headers ?? {}).toSorted()],
          [other?.status, other?.body, Object.keys(other?.headers ?? {}).toSorted()],
          path,
        );
      }
      assert.equal(await echo(theirs.ports.get("raw") ?? 0, "x"), await echo(ours.port("raw"), "x"));
    } finally {
      await theirs.close();
      await ours.close();
    }
  });
});

/** A connection that was carried to its end, and stays. */
async function held(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  await new Promise<void>((resolve) => {
    socket.once("data", () => resolve());
    socket.write("x");
  });
  return socket;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
