import assert from "node:assert/strict";
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { callers, TestNode, type Caller } from "./node.ts";

/** Says what each `host:port` answers, or why it does not. */
const visit = `
const { connect } = require("node:net");
const visit = (at) => new Promise((done) => {
  const [host, port] = at.split(":");
  let heard = "";
  const socket = connect(Number(port), host);
  socket.on("data", (chunk) => heard += chunk).on("end", () => done(heard)).on("error", (error) => done(error.code));
});
(async () => { for (const at of process.argv.slice(1)) console.log(await visit(at)); })();
`;
const answerer = `
require("node:net").createServer((socket) => socket.end("hello from the pod")).listen(9081, () => console.log("up"));
`;
const askDns = `
const socket = require("node:dgram").createSocket("udp4");
socket.on("message", (text, from) => { console.log(String(text), from.address); socket.close(); });
socket.send("question", 53, "10.96.0.10");
`;

for (const caller of callers()) {
  describe(`a node of namespaces started by ${caller.name}`, { skip: caller.skip }, () => {
    let node: TestNode;
    let one = { podIP: "", realIP: "" };
    let two = { podIP: "", realIP: "" };
    const nodeScript = (pod: string, script: string, ...args: string[]) =>
      node.run({ pod, argv: [process.execPath, "-e", script, ...args] });
    const shell = (pod: string, script: string, more: Partial<Parameters<TestNode["run"]>[0]> = {}) =>
      node.run({ pod, argv: ["sh", "-c", script], ...more });

    before(async () => {
      node = await TestNode.start(caller);
      one = await node.open("one", { hostAliases: [{ ip: "10.1.1.1", hostnames: ["old", "older"] }] });
      two = await node.open("two");
      await node.run({ pod: "two", argv: [process.execPath, "-e", answerer], leave: true });
    });
    after(() => node.close());

    test("addresses are given in order, advertised beside real", () => {
      assert.deepEqual(
        [one, two].map((pod) => [pod.podIP, pod.realIP]),
        [
          ["10.244.0.2", "10.245.0.2"],
          ["10.244.0.3", "10.245.0.3"],
        ],
      );
    });

    test("whatever a pod connects to arrives at the node, with the destination it meant and the pod's real address", async () => {
      const hosts = ["10.96.0.5", "10.244.0.3", "240.240.0.1", "93.184.216.34", two.realIP];
      const { stdout } = await nodeScript("one", visit, ...hosts.map((host) => `${host}:9080`));
      assert.deepEqual(
        stdout.trim().split("\n"),
        hosts.map((host) => `10.245.0.2 came to ${host}`),
      );
    });

    test("no pod reaches another pod past the node, and a port nobody listens on refuses", async () => {
      const { stdout } = await nodeScript("one", visit, `${two.realIP}:9081`, "93.184.216.34:80");
      assert.equal(stdout, "ECONNREFUSED\nECONNREFUSED\n");
    });

    test("the node reaches a pod's program at its real address", async () => {
      assert.equal(await node.connect(two.realIP, 9081), "hello from the pod");
    });

    test("a datagram is answered from the address it was sent to", async () => {
      assert.equal((await nodeScript("one", askDns)).stdout, "answer 10.96.0.10\n");
    });

    test("a pod has its own names, processes and low ports", async () => {
      const script =
        "hostname; cat /etc/hostname /etc/resolv.conf /etc/hosts; id -u; set -- /proc/[0-9]*; echo $#; cat /proc/sys/net/ipv4/ip_unprivileged_port_start";
      const { stdout } = await shell("one", script);
      assert.deepEqual(stdout.trimEnd().split("\n"), [
        "one",
        "one",
        "search shop.svc.cluster.local svc.cluster.local cluster.local",
        "nameserver 10.96.0.10",
        "options ndots:5",
        "127.0.0.1\tlocalhost",
        "10.244.0.2\tone",
        "10.1.1.1\told\tolder",
        String(caller.uid),
        // The pod's pid 1, the shell, `ls` and `wc`.
        "2",
        "0",
      ]);
    });

    test("volumes stand at their paths, also at paths the machine lacks, and leave the machine as it was", async () => {
      const data = volume(caller, node, "data", {});
      const settings = volume(caller, node, "settings", { "app.yaml": "debug: true" });
      const mounts = [
        { source: data, path: "/data", readOnly: false },
        { source: settings, path: "/data/inner", readOnly: true },
        { source: settings, path: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true },
        { source: join(settings, "app.yaml"), path: "/etc/no such folder/app.yaml", readOnly: true },
        { source: data, path: "/tmp", readOnly: false },
      ];
      const script = `
        cat /data/inner/app.yaml /run/secrets/kubernetes.io/serviceaccount/app.yaml '/etc/no such folder/app.yaml'; echo
        echo kept > /data/written; cat /tmp/written; head -c 4 /etc/passwd; echo
        touch /data/inner/x 2>/dev/null || echo read-only`;
      const { stdout, stderr } = await shell("one", script, { mounts, workingDir: "/data/inner" });
      assert.equal(stderr, "");
      assert.equal(stdout, "debug: truedebug: truedebug: true\nkept\nroot\nread-only\n");
      assert.equal(readFileSync(join(data, "written"), "utf8"), "kept\n");
      assert.ok(!existsSync("/data/inner") && !existsSync("/etc/no such folder"));
    });

    test("what is hidden from programs is empty to them, and whole beside them", async () => {
      mkdirSync(join(node.folder, "keys"));
      writeFileSync(join(node.folder, "keys", "one"), "secret");
      writeFileSync(join(node.folder, "key"), "secret");
      const { stdout, stderr } = await shell("one", `cd ${node.folder}; cat key; ls keys; ls -d key*`);
      assert.equal(stderr, "");
      assert.equal(stdout, "key\nkeys\n");
      assert.equal(readFileSync(join(node.folder, "key"), "utf8"), "secret");
    });

    test("a file cannot be mounted on a folder, nor what does not exist", async () => {
      const file = join(volume(caller, node, "file", { text: "" }), "text");
      await assert.rejects(shell("one", "", { mounts: [{ source: file, path: "/usr", readOnly: true }] }), {
        message: "a file cannot be mounted at /usr: a folder stands there",
      });
      await assert.rejects(shell("one", "", { mounts: [{ source: "/no/such", path: "/x", readOnly: true }] }), {
        message: "nothing to mount at /x: /no/such does not exist",
      });
    });

    test("a program's exit code or deadly signal is reported as it was", async () => {
      assert.equal((await shell("one", "exit 7")).code, 7);
      assert.equal((await shell("one", "kill -SEGV $$")).signal, "SIGSEGV");
      assert.equal((await shell("one", "echo up; exec sleep 600", { signal: "SIGTERM" })).signal, "SIGTERM");
    });

    test("a signal reaches the program and what it started", async () => {
      const child = `sh -c 'trap "echo child; exit" TERM; echo up; while :; do sleep 0.05; done'`;
      const { stdout, code } = await shell("one", `trap "echo parent; wait; exit 3" TERM; ${child} & wait`, {
        signal: "SIGTERM",
      });
      assert.deepEqual(stdout.trim().split("\n").toSorted(), ["child", "parent", "up"]);
      assert.equal(code, 3);
    });

    test("a program that was stopped and continued by somebody else is seen to end", async () => {
      const script = "pid=$$; (sleep 0.1; kill -CONT $pid) & kill -STOP $$; exit 5";
      assert.equal((await shell("one", script)).code, 5);
    });

    test("what cannot be started is said: no program, no working folder", async () => {
      await assert.rejects(node.run({ pod: "one", argv: ["no-such-program"] }), {
        message: /^there is no program "no-such-program" in the folders of PATH\n/,
      });
      await assert.rejects(shell("one", "", { workingDir: "/no/such" }), {
        message: /^there is no folder \/no\/such to start in\n/,
      });
    });

    test("what programs leave behind in a pod ends with the pod, and its folder goes", async () => {
      const token = `600.0${process.pid}1${caller.uid}`;
      await node.open("three");
      await shell("three", `setsid sleep ${token} & echo up; sleep 0.05`, { leave: true });
      await until(() => running(token) > 0);
      await node.closePod("three");
      assert.equal(running(token), 0);
      assert.deepEqual(readdirSync(join(node.folder, "scratch", "netns")).toSorted(), ["one", "two"]);
    });

    test("killing the agent ends everything", async () => {
      const token = `600.0${process.pid}2${caller.uid}`;
      const doomed = await TestNode.start(caller);
      await doomed.open("one");
      await shellIn(doomed, `setsid sleep ${token} & echo up; sleep ${token}`);
      await until(() => running(token) >= 2);
      process.kill(doomed.agentPid, "SIGKILL");
      await doomed.ended;
      await until(() => running(token) === 0);
      await doomed.close();
    });
  });
}

const shellIn = (node: TestNode, script: string) => node.run({ pod: "one", argv: ["sh", "-c", script], leave: true });

function volume(caller: Caller, node: TestNode, name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(node.folder, "scratch", "volumes", name);
  mkdirSync(folder, { recursive: true });
  chownSync(folder, caller.uid, caller.gid);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return folder;
}

function running(token: string): number {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(token);
    } catch {
      return false;
    }
  }).length;
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 250 && !holds(); tries++) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(holds());
}
