/** `weft proxy` between programs that we did not write: clients, servers, and other proxies on either side. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createCa, issueServerCertificate } from "../src/identity/index.ts";
import { envoy, startEnvoy } from "./envoy.ts";
import { frontBootstrap, interopBootstrap, type Server } from "./interop/bootstrap.ts";
import { freePort, programPath, started, startHaproxy, startNginx, type Way } from "./interop/programs.ts";
import { ProxyProcess } from "./static-proxy.ts";
import { run } from "./weft.ts";

const wanted = ["curl", "nghttp", "h2load", "nghttpd", "nginx", "haproxy", "python3"] as const;
const missing = wanted.filter((name) => programPath(name) === undefined);
const skip =
  missing.length > 0 &&
  `missing: ${missing.join(", ")}; apt-get install curl nghttp2-client nghttp2-server nginx-light haproxy python3`;
const program = (name: (typeof wanted)[number]) => programPath(name) ?? name;

const priorKnowledge = "--http2-prior-knowledge";
const size = 1_000_000;
const body = randomBytes(size / 2).toString("hex");

describe("weft proxy and other programs", { skip }, () => {
  let folder = "";
  let proxy: ProxyProcess;
  /** Answers a body with itself, else `hello`. */
  let origin: HttpServer;
  const closing: (() => unknown)[] = [];
  /** Ports of other proxies that lead to ours. */
  const fronts = new Map<string, number>();
  const file = (name: string) => join(folder, name);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "weft-interop-"));
    closing.push(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(file("body"), body);
    origin = createServer((request, response) => {
      if (request.method === "POST") request.pipe(response);
      else response.end("hello");
    });
    await once(origin.listen(0, "127.0.0.1"), "listening");
    closing.push(() => origin.close().closeAllConnections());
    const address = origin.address();
    assert.ok(typeof address === "object" && address);

    const ports = await freePorts();
    const ca = createCa();
    const issued = issueServerCertificate(ca, { names: ["localhost"], addresses: ["127.0.0.1"] });
    writeFileSync(file("ca.pem"), ca.certificate);
    const servers: Server[] = [
      { name: "node", port: address.port, http2: false },
      { name: "nginx", port: ports.nginx, http2: false },
      { name: "nginx2", port: ports.nginx2, http2: true },
      { name: "haproxy", port: ports.haproxy, http2: false },
      { name: "haproxy2", port: ports.haproxy2, http2: true },
      { name: "nghttpd", port: ports.nghttpd, http2: true },
    ];
    mkdirSync(file("root"));
    writeFileSync(file("root/hello"), "hello");
    if (envoy !== undefined) {
      const behind = await startEnvoy(envoy, frontBootstrap(address.port, false));
      closing.push(() => behind.close());
      servers.push({ name: "envoy2", port: behind.ports.get("front") ?? 0, http2: true });
    }
    proxy = await ProxyProcess.start(interopBootstrap(servers, { certificate: issued.certificate, key: issued.key }));
    closing.push(() => proxy.close());
    const plain = proxy.port("plain");
    await serve(ports, address.port, plain);
    if (envoy !== undefined) {
      const front = await startEnvoy(envoy, frontBootstrap(plain, true));
      closing.push(() => front.close());
      fronts.set("Envoy, by HTTP/2", front.ports.get("front") ?? 0);
    }
  });
  after(async () => {
    for (const close of closing.toReversed()) await close();
  });

  async function freePorts() {
    const names = ["nginx", "nginx2", "haproxy", "haproxy2", "nghttpd", "frontNginx", "frontHaproxy", "frontHaproxy2"];
    const ports: number[] = [];
    for (const _ of names) ports.push(await freePort());
    const [nginx = 0, nginx2 = 0, haproxy = 0, haproxy2 = 0, nghttpd = 0, a = 0, b = 0, c = 0] = ports;
    return { nginx, nginx2, haproxy, haproxy2, nghttpd, frontNginx: a, frontHaproxy: b, frontHaproxy2: c };
  }

  async function serve(ports: Awaited<ReturnType<typeof freePorts>>, to: number, plain: number): Promise<void> {
    const nginxWays: Way[] = [
      { from: ports.nginx, to },
      { from: ports.nginx2, to, http2: true },
      { from: ports.frontNginx, to: plain },
    ];
    const haproxyWays: Way[] = [
      { from: ports.haproxy, to },
      { from: ports.haproxy2, to, http2: true },
      { from: ports.frontHaproxy, to: plain },
      { from: ports.frontHaproxy2, to: plain, http2Onward: true },
    ];
    const nghttpd = ["--no-tls", "--echo-upload", "-a", "127.0.0.1", "-d", file("root"), String(ports.nghttpd)];
    for (const each of [
      await startNginx(program("nginx"), folder, nginxWays),
      await startHaproxy(program("haproxy"), folder, haproxyWays),
      await started(program("nghttpd"), nghttpd, [ports.nghttpd]),
    ]) {
      closing.push(() => each.close());
    }
    fronts.set("nginx", ports.frontNginx);
    fronts.set("HAProxy", ports.frontHaproxy);
    fronts.set("HAProxy, by HTTP/2", ports.frontHaproxy2);
  }

  const plain = (path: string) => `http://127.0.0.1:${proxy.port("plain")}/${path}`;
  const secure = (path: string) => `https://localhost:${proxy.port("secure")}/${path}`;

  /** What curl writes to standard output; it must end well. */
  async function curl(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await run(program("curl"), ["-sS", "--max-time", "30", ...args]);
    assert.equal(code, 0, stderr);
    return stdout;
  }

  /** A small answer, a large body both ways, and many requests at once. */
  async function goesWell(url: string, ...flags: readonly string[]): Promise<void> {
    assert.equal(await curl(...flags, url), "hello");
    assert.ok((await curl(...flags, "--data-binary", `@${file("body")}`, url)) === body, "another body came back");
    // curl 7.88, Debian's, cannot use such a connection again (github.com/curl/curl/pull/10643).
    if (flags.includes(priorKnowledge)) return loads(url, 40);
    const many = ["-Z", "--parallel-max", "10", "-o", "/dev/null", "-w", "%{http_code}\n"];
    const codes = await curl(...flags, ...many, `${url}?[1-40]`);
    assert.equal(codes, "200\n".repeat(40));
  }

  /** h2load has so many requests answered, on four connections. */
  async function loads(url: string, count: number): Promise<void> {
    const { code, stdout } = await run(program("h2load"), ["-n", String(count), "-c", "4", "-m", "8", url]);
    assert.equal(code, 0, stdout);
    assert.match(stdout, new RegExp(`${count} succeeded, 0 failed, 0 errored, 0 timeout`));
    assert.match(stdout, new RegExp(`status codes: ${count} 2xx, 0 3xx, 0 4xx, 0 5xx`));
  }

  const versions: Readonly<Record<string, readonly string[]>> = {
    "HTTP/1.1": ["--http1.1"],
    "HTTP/1.1 that waits to be told to go on": ["--http1.1", "-H", "Expect: 100-continue"],
    "HTTP/2 with prior knowledge": [priorKnowledge],
  };
  for (const [version, flags] of Object.entries(versions)) {
    test(`curl by ${version}`, () => goesWell(plain("node/"), ...flags));
  }

  for (const [version, flag] of Object.entries({ 2: "--http2", "1.1": "--http1.1" })) {
    test(`curl over TLS agrees on HTTP/${version}`, async () => {
      const flags = [flag, "--cacert", file("ca.pem")];
      await goesWell(secure("node/"), ...flags);
      const spoken = await curl(...flags, "-o", "/dev/null", "-w", "%{http_version}", secure("node/"));
      assert.equal(spoken, version);
    });
  }

  for (const server of [
    "nginx",
    "nginx2",
    "haproxy",
    "haproxy2",
    "nghttpd",
    ...(envoy === undefined ? [] : ["envoy2"]),
  ]) {
    test(`${server.replace(/2$/, " by HTTP/2")} behind it`, async () => {
      const url = plain(server === "nghttpd" ? "nghttpd/hello" : `${server}/`);
      for (const flag of ["--http1.1", priorKnowledge]) await goesWell(url, flag);
    });
  }

  for (const front of ["nginx", "HAProxy", "HAProxy, by HTTP/2"]) {
    test(`${front} in front of it`, () => goesWell(`http://127.0.0.1:${fronts.get(front) ?? 0}/node/`));
  }
  test("Envoy in front of it", { skip: envoy === undefined && "no Envoy" }, () =>
    goesWell(`http://127.0.0.1:${fronts.get("Envoy, by HTTP/2") ?? 0}/node/`),
  );

  test("nghttp gets a large body back", async () => {
    for (const url of [plain("node/"), secure("node/")]) {
      const { code, stdout, stderr } = await run(program("nghttp"), ["-d", file("body"), url]);
      assert.equal(code, 0, stderr);
      assert.ok(stdout === body, `${stdout.length} bytes came back: ${stderr}`);
    }
  });

  test("h2load has every request answered", async () => {
    for (const url of [plain("node/"), secure("node/"), plain("nghttpd/hello")]) await loads(url, 400);
  });

  test("Python's http.client keeps its connection, and urllib asks", async () => {
    const { code, stdout, stderr } = await run(program("python3"), ["-c", python, plain("node/"), file("body")]);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "well\n");
  });

  test("ends in order when it is told to", async () => {
    for (const front of fronts.values()) assert.equal(await curl(`http://127.0.0.1:${front}/node/`), "hello");
    proxy.process.kill("SIGTERM");
    assert.equal(await proxy.ended, 0);
    assert.equal(readFileSync(file("body"), "utf8").length, size);
  });
});

const python = `
import http.client, sys, threading, urllib.parse, urllib.request
url, body = sys.argv[1], open(sys.argv[2], "rb").read()
place = urllib.parse.urlsplit(url)
wrong = []

def ask():
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
    for _ in range(10):
        connection.request("GET", place.path)
        first = connection.sock
        answer = connection.getresponse()
        if (answer.status, answer.read()) != (200, b"hello") or connection.sock is not first:
            wrong.append(answer.status)
    pieces = iter([body[:400000], body[400000:]])
    connection.request("POST", place.path, body=pieces, encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
    if connection.getresponse().read() != body:
        wrong.append("body")
    connection.close()

threads = [threading.Thread(target=ask) for _ in range(8)]
for each in threads: each.start()
for each in threads: each.join()
for data in (None, body):
    with urllib.request.urlopen(url, data=data, timeout=20) as answer:
        if answer.read() != (data or b"hello"):
            wrong.append("urllib")
print("well" if not wrong else wrong)
`;
