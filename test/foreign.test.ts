/** A mesh of programs that know nothing of it, none of them Node: found by name, routed, counted, and shut in. */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { after, before, describe, test } from "node:test";
import { callers } from "./netns/node.ts";
import { ForeignMesh } from "./foreign/foreign-mesh.ts";
import { until } from "./weft.ts";

const web = "web.default.svc.cluster.local";
const times = (count: number, script: string) => `for turn in $(seq ${count}); do ${script}; done`;
const lines = (text: string) => text.split("\n").filter((line) => line !== "");

for (const caller of callers()) {
  describe(`foreign programs, started by ${caller.name}`, { skip: caller.skip }, () => {
    let mesh: ForeignMesh;
    before(async () => {
      mesh = await ForeignMesh.up(caller.uid === process.getuid?.() ? undefined : caller.uid);
    });
    after(() => mesh.close());

    const says = (script: string) => mesh.says("client", script);
    /** Requests of the client counted on both sides while it does this errand. */
    const counted = async (labels: Readonly<Record<string, string>>, script: string) => {
      const request = { source_workload: "client", ...labels };
      let seenByCallee = 0;
      const seenByCaller = await mesh.growth("istio_requests_total", { ...request, reporter: "source" }, async () => {
        const destination = { ...request, reporter: "destination" };
        seenByCallee = await mesh.growth("istio_requests_total", destination, () => says(script));
      });
      return [seenByCaller, seenByCallee];
    };

    test("curl finds a service by every form of its name, by its address and by its variables", async () => {
      const hosts = ["web", "web.default", "web.default.svc", web, "$WEB_SERVICE_HOST:$WEB_SERVICE_PORT"];
      const all = hosts.map((host) => `curl -sS http://${host}/`).join("\n");
      const labels = { destination_workload: "web-v1", response_code: "200", destination_service: web };
      assert.deepEqual(await counted(labels, all), [hosts.length, hosts.length]);
      assert.equal(await says(all), "web v1 by python\n".repeat(hosts.length));
    });

    test("a header leads to nginx, which listens on the same port as Python in another pod", async () => {
      const ask = "curl -sS -H 'x-version: v2' http://web/";
      assert.match(await says(ask), /^web v2 by nginx on web-v2-/);
      const labels = { destination_workload: "web-v2", destination_version: "v2", response_code: "200" };
      assert.deepEqual(await counted(labels, times(3, ask)), [3, 3]);
    });

    test("the answer's code is the program's own, and is counted", async () => {
      const ask = "curl -sS -o /dev/null -w '%{http_code}' -H 'x-version: v2' http://web/teapot";
      assert.equal(await says(ask), "418");
      assert.deepEqual(await counted({ destination_workload: "web-v2", response_code: "418" }, ask), [1, 1]);
      const none = "curl -sS -o /dev/null -w '%{http_code}' http://web/no-such-page";
      assert.equal(await says(none), "404");
    });

    test("a program gets the request with the host its caller asked for and an identity", async () => {
      const said = await says("curl -sS -H 'x-version: v2' http://web/headers");
      assert.match(said, /^[0-9a-f]{8}-[0-9a-f-]{27} http web\n$/);
    });

    test("weights split between Python and nginx", async () => {
      const seen = lines(await says("curl -sS 'http://web/shared/?[1-100]'")).map((line) => line.slice(0, 6));
      const v2 = seen.filter((version) => version === "web v2").length;
      assert.equal(seen.length, 100);
      // 30 of 100, five standard deviations.
      assert.ok(v2 > 7 && v2 < 53, `${v2} of 100`);
    });

    test("a host no rule knows still leads to the service whose address was called", async () => {
      const said = lines(await says(times(12, "curl -sS -H 'Host: shop.example.com' http://web/")));
      assert.deepEqual(new Set(said.map((line) => line.slice(0, 6))), new Set(["web v1", "web v2"]));
    });

    test("a pod is called by its address, and its own side counts it", async () => {
      const [pod] = await mesh.pods("counter");
      assert.ok(pod);
      const ask = `curl -sS http://${pod.advertised}:8000/`;
      assert.match(await says(ask), new RegExp(`^counter by perl: answer \\d+ from ${pod.advertised}\n$`));
      const labels = { destination_workload: "counter", source_workload: "client" };
      const grown = await mesh.growth("istio_requests_total", { ...labels, reporter: "destination" }, () => says(ask));
      assert.equal(grown, 1);
    });

    test("a headless name leads to every pod of it", async () => {
      const addresses = (await mesh.pods("counter")).map(({ advertised }) => advertised).toSorted();
      const found = lines(await says("getent ahostsv4 counter | grep STREAM"));
      assert.deepEqual(found.map((line) => line.split(/\s/)[0] ?? "").toSorted(), addresses);
      const answers = new Set<string>();
      for (const address of addresses) {
        const ask = `curl -sS --connect-to counter:8000:${address}:8000 http://counter:8000/`;
        answers.add((await says(ask)).trim().split(" ").at(-1) ?? "");
      }
      assert.ok([...answers].every((answer) => addresses.includes(answer)));
      const labels = { destination_workload: "counter", destination_service: "counter.default.svc.cluster.local" };
      assert.deepEqual(await counted(labels, times(5, "curl -sS http://counter:8000/")), [5, 5]);
    });

    test("a perl program finds its variables, secrets, pages and what its init container left", async () => {
      assert.deepEqual(lines(await says("curl -sS http://counter:8000/about")).slice(0, 4), [
        "41 answer",
        "plain",
        "web v1 by python",
        'app="counter"',
      ]);
      assert.match(await mesh.logs("counter", "seed"), /^seeded counter-/);
      assert.match(await mesh.logs("counter", "perl"), /^counting from 41$/m);
    });

    test("two containers share localhost and a folder; nginx calls another service from there", async () => {
      assert.equal(await says("curl -sS http://front:8080/own/"), "written by the init container\n");
      const hop = { source_workload: "front", destination_workload: "web-v2", response_code: "200" };
      let toFront: number[] = [];
      const toWeb = await mesh.growth("istio_requests_total", { ...hop, reporter: "destination" }, async () => {
        toFront = await counted(
          { destination_workload: "front", response_code: "200" },
          "curl -sS -H 'x-version: v2' http://front:8080/web/ | grep 'by nginx'",
        );
      });
      assert.deepEqual([...toFront, toWeb], [1, 1, 1]);
    });

    test("a compiled server that speaks first is carried on a port without a name, and its bytes are counted", async () => {
      const labels = { source_workload: "client", destination_workload: "greeter" };
      const service = "greeter.default.svc.cluster.local";
      const start = performance.now();
      for (const reporter of ["source", "destination"]) {
        const of = { ...labels, reporter, destination_service: service };
        let received = 0;
        const opened = await mesh.growth("istio_tcp_connections_opened_total", of, async () => {
          received = await mesh.growth("istio_tcp_received_bytes_total", of, async () => {
            assert.equal(await says("python3 /programs/speak.py greeter 7000 hello bye"), "greeter by c\nHELLO\nBYE\n");
            await until(async () => (await mesh.count("istio_tcp_connections_closed_total", of)) > 0);
          });
        });
        assert.deepEqual([reporter, opened, received], [reporter, 1, "hello\nbye\n".length]);
      }
      const took = performance.now() - start;
      assert.ok(took < 5_000, `the first word is waited for once, not once on each side: ${took} ms`);
    });

    test("who stays out of the mesh, by pod or by namespace, calls and is called but not counted as a caller", async () => {
      for (const outsider of ["bare", "visitor"] as const) {
        const labels = { reporter: "destination", source_workload: "unknown", destination_service: web };
        const requests = times(12, "curl -sS http://web.default/");
        let said = "";
        const grown = await mesh.growth("istio_requests_total", labels, async () => {
          said = await mesh.says(outsider, requests);
        });
        assert.equal(grown, 12);
        // No rule holds for it: both versions answer.
        assert.match(said, /v1 by python[^]*v2 by nginx|v2 by nginx[^]*v1 by python/);
        assert.equal(await mesh.count("istio_requests_total", { source_workload: outsider }), 0);
      }
      assert.equal((await mesh.errand("visitor", "curl -s http://web/")).code, 6, "no such host in its namespace");
      assert.match(await says("curl -sS http://bare/"), /^door 8000 of bare-/);
    });

    test("names are found the way every program finds them", async () => {
      const said = await says(`cat /etc/resolv.conf; getent hosts "$(hostname)" localhost; getent hosts web greeter`);
      assert.match(
        said,
        /^search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local\nnameserver 10\.96\.0\.10\n/,
      );
      assert.match(said, /^10\.244\.\d+\.\d+ +client-/m);
      assert.match(said, /^10\.96\.\d+\.\d+ +web\.default\.svc\.cluster\.local$/m);
      assert.equal((await mesh.errand("client", "getent hosts nobody.default.svc.cluster.local")).code, 2);
    });

    test("programs on the user's own machine are reached through entries by address and by name", async () => {
      const urls = ["http://static.example.com/", "http://api.example.com:8088/"];
      for (const url of [...urls, `http://host.weft.internal:${mesh.hostPort}/`]) {
        const { hostname } = new URL(url);
        const labels = { reporter: "source", source_workload: "client", destination_service: hostname };
        const grown = await mesh.growth("istio_requests_total", labels, async () => {
          assert.equal(await says(`curl -sS ${url}`), "from the user's own machine\n");
        });
        assert.equal(grown, 1, url);
        assert.equal(mesh.hostRequests.at(-1)?.split(":")[0], hostname);
      }
    });

    test("a pod reaches the Kubernetes API, and trusts it by what is mounted", async () => {
      const authority = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";
      assert.equal(await says(`curl -sS --cacert ${authority} https://kubernetes.default.svc/healthz`), "ok");
    });

    test("a client's log is followed, and a restart of what it calls fails no request", async () => {
      const before = lines(await mesh.logs("loop", "curl"));
      await mesh.weft.kubectlOk(["rollout", "restart", "deployment", "web-v1"]);
      await mesh.weft.kubectlOk(["rollout", "status", "deployment", "web-v1", "--timeout=30s"]);
      const { stdout } = await mesh.weft.kubectl(["logs", "-f", "deployment/loop", "--tail=3"], { limit: 1_500 });
      assert.ok(lines(stdout).length > 4, "new lines keep coming");
      const after = lines(await mesh.logs("loop", "curl"));
      assert.ok(after.length > before.length);
      assert.deepEqual(
        // Before what it calls was ready for the first time, it was told so.
        after.slice(before.length).filter((line) => !/^200 10\.96\.\d+\.\d+$/.test(line)),
        [],
      );
    });

    describe("nothing goes around the proxy", () => {
      let stranger: Server;
      let visits = 0;
      let port = 0;
      let bare = { advertised: "", real: "" };
      before(async () => {
        // On every address of this machine, on a port nobody declared.
        stranger = createServer((socket) => {
          visits += 1;
          socket.end("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nreached\n");
        });
        await new Promise<void>((resolve) => stranger.listen(0, resolve));
        ({ port } = stranger.address() as AddressInfo);
        [bare = bare] = await mesh.pods("bare");
      });
      after(() => stranger.close());
      const knock = async (...targets: string[]): Promise<Record<string, string>> => {
        const said = lines(await says(`python3 /programs/knock.py ${targets.join(" ")}`));
        return Object.fromEntries(said.map((line) => [line.split(" ")[0], line.slice(line.indexOf(" ") + 1)]));
      };
      const refused = "ConnectionRefusedError";

      test("a port nobody declared is refused at every address of a pod", async () => {
        const targets = [`${bare.advertised}:9999`, `${bare.real}:9999`, "bare:9999"];
        assert.deepEqual(await knock(...targets), Object.fromEntries(targets.map((target) => [target, refused])));
        assert.match(await mesh.says("bare", "curl -sS http://127.0.0.1:9999/"), /^door 9999/);
        assert.equal((await mesh.logs("bare", "python")).match(/^tcp 9999/gm)?.length, 1);
      });

      test("a real address is nobody's on the ports that are declared", async () => {
        const before = (await mesh.logs("bare", "python")).match(/^tcp/gm)?.length;
        for (const said of Object.values(await knock(`${bare.real}:8000`, `${bare.real}:80`))) {
          assert.match(said, /^answer: HTTP\/1\.1 503 .*nobody in the mesh has the address/);
        }
        assert.equal((await mesh.logs("bare", "python")).match(/^tcp/gm)?.length, before);
      });

      test("the node, Weft's own pages and this machine are closed", async () => {
        const summary = await mesh.weft.status();
        const own = [summary.admin, summary.metrics, summary.api].map((url) => new URL(url).port);
        const outside = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
        const machine = outside.filter(({ family, internal }) => family === "IPv4" && !internal);
        const hosts = ["10.245.0.1", "10.96.0.2", "10.96.0.1", "127.0.0.1", ...machine.map(({ address }) => address)];
        const targets = hosts.flatMap((host) =>
          [...own, "15000", "15001", "15006", String(port)].map((at) => `${host}:${at}`),
        );
        const found = await knock(...targets);
        assert.deepEqual(
          Object.entries(found).filter(([, said]) => said !== refused),
          [],
        );
        const six = outside.filter(({ family }) => family === "IPv6").map(({ address }) => `${address}:${port}`);
        assert.deepEqual(
          Object.values(await knock(...six)).filter((said) => said.startsWith("answer")),
          [],
        );
        assert.equal(visits, 0);
      });

      test("what listens on this machine's localhost has no other address from inside", async () => {
        const before = mesh.hostRequests.length;
        await knock(
          ...["10.245.0.1", "10.96.0.1", "10.96.0.10", "127.0.0.1"].map((host) => `${host}:${mesh.hostPort}`),
        );
        assert.equal(mesh.hostRequests.length, before);
      });

      test("no datagram, echo, forged address or route of its own reaches another pod", async () => {
        const echoes = async () =>
          /^Icmp: \d+/m.exec(await mesh.says("bare", "grep Icmp: /proc/net/snmp | tail -1"))?.[0];
        const before = { echoes: await echoes(), log: await mesh.logs("bare", "python") };
        const [, , high = "", low = ""] = bare.real
          .split(".")
          .map((part) => Number(part).toString(16).padStart(2, "0"));
        const said = await says(`sh /programs/trespass.sh ${bare.real} ${bare.advertised} 02:57:0a:f5:${high}:${low}`);
        assert.doesNotMatch(said, /200 OK|door \d/);
        assert.deepEqual({ echoes: await echoes(), log: await mesh.logs("bare", "python") }, before);
        await mesh.says("bare", "python3 /programs/datagrams.py 127.0.0.1");
        await until(async () => (await mesh.logs("bare", "python")).includes("udp 9999"), 3_000);
      });
    });
  });
}
