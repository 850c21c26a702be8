/** What the machine refuses `weft up`: ports, namespaces, a data directory. One sentence each, and nothing left behind. */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { isRoot, place, pod, refused, start, weft } from "./attempt.ts";
import { leftovers } from "./leftovers.ts";
import { until } from "./weft.ts";

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
});

/** A port another program has. */
async function takenPort(wanted = 0): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(wanted, "127.0.0.1", resolve);
  });
  servers.push(server);
  return (server.address() as { port: number }).port;
}

const gateway = (number: number, protocol = "HTTP", more = "") => `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: g}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: ${number}, name: web, protocol: ${protocol}}, hosts: ["*"]${more}}]
`;
const passthrough = gateway(443, "TLS", ", tls: {mode: PASSTHROUGH}");

describe("a taken port", () => {
  test("of the API or of HTTP is refused, with the option that moves it", async () => {
    const port = await takenPort();
    assert.equal(
      await refused(place(), [`--http-port=${port}`]),
      `weft: port ${port} of 127.0.0.1 is taken by another program\n  stop that program, or choose another port with --http-port\n`,
    );
    assert.equal(
      await refused(place(), [`--api-port=${port}`]),
      `weft: the API cannot listen on 127.0.0.1:${port}: another program does\n  stop it, or give another port with --api-port\n`,
    );
  });

  test("of --https-port is refused only when a Gateway wants it", async () => {
    const port = await takenPort();
    const here = place({ "g.yaml": passthrough });
    assert.match(await refused(here, ["g.yaml", `--https-port=${port}`]), /choose another port with --https-port\n$/);
    const without = start(place(), [`--https-port=${port}`]);
    await until(() => /^weft is ready/m.test(without.output()), 20_000);
    assert.equal(await without.stop(), 0);
  });

  test("of a Gateway beside these moves it to the next free one, and that is said", async () => {
    const port = await takenPort();
    const up = start(place({ "g.yaml": gateway(port) }), ["g.yaml"]);
    await until(() => /^weft is ready/m.test(up.output()), 20_000);
    assert.match(up.output(), new RegExp(`the gateway's port ${port} is at \\d+, since ${port} is not free`));
    assert.equal(await up.stop(), 0);
  });

  test("below 1024 says that it is not an ordinary user's", { skip: !isRoot }, async () => {
    const here = place();
    chmodSync(here, 0o777);
    const said = await refused(here, ["--http-port=81"], { uid: 65_534 });
    assert.match(said, /^weft: port 81 of 127\.0\.0\.1 is not yours to use \(below 1024\)\n.* with --http-port\n$/);
  });
});

describe("two programs on one port", () => {
  test("of the same address in loopback mode: the pod, the port and a way out are named", async () => {
    const listen = `require("node:net").createServer().listen(PORT, "0.0.0.0")`;
    const port = await freePort();
    const command = JSON.stringify(["node", "-e", listen.replace("PORT", String(port))]);
    const container = `command: ${command}, ports: [{containerPort: ${port}}]`;
    const here = place({ "a.yaml": `${pod(container, "a")}---\n${pod(container, "b")}` });
    const said = await refused(here, ["a.yaml", "--network=loopback", "--patience=4"]);
    assert.match(
      said,
      new RegExp(
        `^weft: pod [ab] cannot start: container main cannot start: port ${port} of container main in pod default/[ab] is taken: container main of pod default/[ab] listens on it; let each program listen on the address in its variable HOST`,
        "m",
      ),
    );
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("namespaces that cannot be made", { skip: !isRoot }, () => {
  const hide: readonly [string, ...string[]] = [
    "unshare",
    "--mount",
    "sh",
    "-c",
    'for at in /usr/bin/unshare /bin/unshare; do mount --bind /dev/null "$at"; done; exec "$0" "$@"',
    process.execPath,
  ];

  test("are refused when they were asked for, and replaced by loopback when not", async () => {
    const asked = start(place(), ["--network=netns"], hide);
    await until(() => asked.child.exitCode !== null, 10_000);
    assert.equal(asked.child.exitCode, 1);
    assert.match(
      asked.output(),
      /^weft: `unshare` cannot be found; install util-linux, .* or use `--network loopback`\.$/m,
    );
    const here = place();
    const auto = start(here, [], hide);
    await until(() => /^weft is ready/m.test(auto.output()), 20_000);
    assert.match(auto.output(), /loopback: .*unshare/);
    assert.equal(await auto.stop(), 0);
    assert.deepEqual(leftovers(here), []);
  });
});

describe("a data directory", () => {
  test("that is a file, or another user's, is refused", async () => {
    const here = place({ data: "not a folder" });
    assert.match(
      await refused(here, []),
      /^weft: cannot use the data directory .*\/data: a file stands in its place\n/,
    );
    if (!isRoot) return;
    const other = place();
    mkdirSync(join(other, "data"), { mode: 0o700 });
    const said = await refused(other, [], { uid: 65_534 });
    assert.match(
      said,
      /^weft: cannot use the data directory .*\/data: permission denied\n {2}give a folder you may wr/,
    );
  });

  for (const [file, text, sentence] of [
    ["secrets.json", "{", /\/secrets\.json is damaged\n {2}delete that file: the next start makes new keys/],
    [
      "secrets.json",
      '{"ca":{"certificate":"c","key":"k"},"token":"t","tokenKey":"k"}',
      /\/secrets\.json is damaged\n {2}delete that file/,
    ],
    [
      "store.db",
      "no database".repeat(1000),
      /\/store\.db is damaged or no store of Weft: .*\n {2}move it away to start/,
    ],
    [
      "running.json",
      "",
      /\/running\.json is not a record of a running mesh\n {2}delete that file when no `weft up` runs/,
    ],
  ] as const) {
    test(`with a damaged ${file} (${text.length} bytes) is left as it is, and the way out said`, async () => {
      const here = place();
      mkdirSync(join(here, "data"), { mode: 0o700 });
      writeFileSync(join(here, "data", file), text);
      const { code, stderr } = await weft(here, ["up", "--api-port=0", "--http-port=0"]);
      assert.equal(code, 1);
      assert.match(stderr, sentence);
      assert.equal(readFileSync(join(here, "data", file), "utf8"), text);
      assert.deepEqual(
        leftovers(here).filter((what) => what !== file),
        [],
      );
    });
  }
});
