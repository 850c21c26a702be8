/** `weft proxy -c envoy.yaml`: the real command, with real sockets. */
import assert from "node:assert/strict";
import { connect as connectHttp2 } from "node:http2";
import { connect, createServer as createTcpServer, type Socket } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startLoad } from "./load.ts";
import { portOf, Programs } from "./proxied-programs.ts";
import { ProxyProcess } from "./static-proxy.ts";
import { ask, run, until, weftProgram } from "./weft.ts";

const programs = new Programs();
before(() => programs.start());
after(() => programs.close());

/** `weft proxy` to its end. */
const proxy = (...args: readonly string[]) => run(process.execPath, [weftProgram, "proxy", ...args]);

describe("weft proxy", () => {
  test("serves HTTP and TCP by the static resources of a bootstrap, as root and as an ordinary user", async () => {
    for (const uid of process.getuid?.() === 0 ? [undefined, 65_534] : [undefined]) {
      const running = await ProxyProcess.start(programs.bootstrap(), uid === undefined ? {} : { uid });
      try {
        const answer = await ask(`http://127.0.0.1:${running.port("web")}/some?thing`);
        assert.deepEqual([answer.status, answer.body, answer.headers["x-says"]], [200, "GET /some?thing", "first"]);
        assert.equal(await programs.echo(running.port("raw"), "to and fro"), "to and fro");
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
        programs.bootstrap().replace("codec_type: AUTO", "colour: red").replace("connect_timeout: 1s", "lb_policy: 7"),
      );
      for (const mode of ["serve", "validate"]) {
        const { code, stdout, stderr } = await proxy("-c", file, "--mode", mode);
        assert.deepEqual([code, stdout], [2, ""]);
        const first = stderr.split("\n").find((line) => line.startsWith(file));
        const line =
          programs
            .bootstrap()
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
      writeFileSync(file, programs.bootstrap());
      assert.deepEqual((await proxy("-c", file, "--mode", "validate")).code, 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("a port that is taken is told with what to do, and nothing stays open", async () => {
    const taken = createTcpServer();
    await new Promise<void>((resolve) => void taken.listen(0, "127.0.0.1", resolve));
    const bootstrap = programs.bootstrap().replace(/(name: raw\n.*port_value: )0/, `$1${portOf(taken)}`);
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
      const running = await ProxyProcess.start(programs.bootstrap(), { args: ["--concurrency", concurrency] });
      try {
        const url = `http://127.0.0.1:${running.port("web")}/`;
        const stop = startLoad({ url, connections: 8, pause: 1 });
        const open = connect(running.port("raw"), "127.0.0.1");
        const heard: string[] = [];
        open.on("data", (bytes) => void heard.push(bytes.toString()));
        open.write("one");
        await until(() => heard.join("") === "one");
        for (const says of ["second", "third"]) {
          running.rewrite(programs.bootstrap(says));
          await until(async () => (await ask(url)).headers["x-says"] === says);
        }
        running.rewrite(programs.bootstrap("fourth").replace("codec_type", "codec"));
        await running.said("what was in force before still is");
        assert.match(running.stderr, /envoy\.yaml:\d+:11: error: .*\.codec: /);
        assert.equal((await ask(url)).headers["x-says"], "third");
        // A port of its own that is taken: nothing of the file is in force.
        const taken = programs.bootstrap("fifth").replace(/(name: raw\n.*port_value: )0/, `$1${running.port("web")}`);
        running.rewrite(taken);
        await running.said("is taken by another program");
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
    const running = await ProxyProcess.start(programs.bootstrap(), { args: ["--concurrency", "2"] });
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
    const running = await ProxyProcess.start(programs.bootstrap(), { args: ["--concurrency", "2"] });
    const { workers } = running;
    await running.close();
    assert.equal(workers.length, 2);
    await until(() => workers.every((pid) => !isAlive(pid)));
  });

  for (const concurrency of ["1", "2"]) {
    test(`SIGTERM lets requests under way end, takes no new ones, and ends well, concurrency ${concurrency}`, async () => {
      const running = await ProxyProcess.start(programs.bootstrap(), { args: ["--concurrency", concurrency] });
      try {
        const url = `http://127.0.0.1:${running.port("web")}`;
        programs.forget();
        const slow = ask(`${url}/slow`);
        await until(() => programs.isAsked);
        running.process.kill("SIGTERM");
        await running.said("taking no new connections");
        await until(() =>
          ask(`${url}/`).then(
            () => false,
            () => true,
          ),
        );
        programs.release();
        const { status, headers } = await slow;
        assert.deepEqual([status, headers["connection"]], [200, "close"]);
        assert.equal(await running.ended, 0);
      } finally {
        await running.close();
      }
    });
  }

  test("SIGTERM lets streams of HTTP/2 end, after its client was told to open no more", async () => {
    const running = await ProxyProcess.start(programs.bootstrap());
    const session = connectHttp2(`http://127.0.0.1:${running.port("web")}`);
    try {
      programs.forget();
      const told = new Promise<void>((resolve) => void session.once("goaway", () => resolve()));
      const stream = session.request({ ":path": "/slow" });
      const status = new Promise<unknown>((resolve, reject) => {
        stream
          .on("response", (fields) => resolve(fields[":status"]))
          .on("error", reject)
          .resume();
      });
      await until(() => programs.isAsked);
      running.process.kill("SIGTERM");
      await told;
      programs.release();
      assert.equal(await status, 200);
      assert.equal(await running.ended, 0);
    } finally {
      session.destroy();
      await running.close();
    }
  });

  test("connections that do not end are ended when the time is over, or at the second SIGTERM", async () => {
    for (const isSecond of [false, true]) {
      const running = await ProxyProcess.start(programs.bootstrap(), {
        args: ["--drain-time-s", isSecond ? "600" : "1"],
      });
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
    const running = await ProxyProcess.start(programs.bootstrap(), { args: ["--concurrency", "2"] });
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
