/** The verbs that talk to a mesh, against a served API, and kubectl taking turns with them. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Api, bootstrap, createApi, kubeconfig, type LogRequest, serveApi } from "../src/api/index.ts";
import { dataDirAt, writeRecord } from "../src/app/index.ts";
import { main } from "../src/cli/main.ts";
import { createCa, issueServerCertificate } from "../src/identity/index.ts";
import { kinds } from "../src/model/index.ts";
import { openMemoryStore } from "../src/store/index.ts";
import { kubectlPath } from "../tools/test/kubectl.ts";
import { run, until } from "./weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-cli-"));
const dataDir = join(folder, "data");
const store = openMemoryStore();
const logRequests: LogRequest[] = [];
let api: Api;
let close: () => Promise<void>;

before(async () => {
  const ca = createCa();
  const tls = issueServerCertificate(ca, { names: ["localhost"], addresses: ["127.0.0.1"] });
  api = createApi({ store });
  await bootstrap(api);
  async function* logs(request: LogRequest) {
    logRequests.push(request);
    yield Buffer.from(`one of ${request.pod}\ntwo\n`);
    if (request.follow) await new Promise<void>((gone) => request.signal.addEventListener("abort", () => gone()));
  }
  const server = await serveApi(api, { port: 0, tls, token: "right", logs });
  close = () => server.close();
  mkdirSync(dataDir);
  const dir = dataDirAt(dataDir);
  writeFileSync(dir.kubeconfig, kubeconfig({ server: server.url, caPem: ca.certificate, token: "right" }));
  writeRecord(dir, { api: server.url, network: "loopback" });
});

after(async () => {
  await close();
  await store.close();
  rmSync(folder, { recursive: true });
});

/** Runs a command line in this process. */
function weft(line: string, input = "") {
  const said = { out: "", err: "" };
  let stop: () => void = () => undefined;
  const done = main([...line.split(" "), "--data-dir", dataDir], {
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
    input: () => Promise.resolve(input),
    isTerminal: false,
    colours: false,
    columns: 80,
    env: {},
    clock: { now: Date.now, monotonic: () => 0, after: (_, go) => clockless(go) },
    onStop(asked) {
      stop = asked;
      return () => undefined;
    },
  });
  return { said, done, stop: () => stop(), finish: async () => ({ code: await done, ...said }) };
}

/** Waits are over at the next turn. */
function clockless(go: () => void) {
  const turn = setImmediate(go);
  return { cancel: () => clearImmediate(turn) };
}

const kubectl = (args: readonly string[], input = "") =>
  run(kubectlPath("35"), args, {
    input,
    env: { ...process.env, HOME: folder, KUBECONFIG: dataDirAt(dataDir).kubeconfig },
  });

const web = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: main
          image: shop/web:1
          env: [{name: A, value: "1"}, {name: B, value: "2"}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
`;

describe("weft apply", () => {
  test("creates, then says unchanged, then configured, in the order of need", async () => {
    const first = await weft("apply -f -", web).finish();
    assert.deepEqual(first, { code: 0, out: "service/web created\ndeployment.apps/web created\n", err: "" });
    assert.equal(
      (await weft("apply -f -", web).finish()).out,
      "service/web unchanged\ndeployment.apps/web unchanged\n",
    );
    const changed = web.replace("shop/web:1", "shop/web:2");
    const dry = await weft("apply --dry-run -f -", changed).finish();
    assert.equal(dry.out, "service/web unchanged (dry run)\ndeployment.apps/web configured (dry run)\n");
    const real = await weft("apply -f -", changed).finish();
    assert.equal(real.out, "service/web unchanged\ndeployment.apps/web configured\n");
  });

  test("what files hold no more goes, what others set stays", async () => {
    await kubectl(["patch", "deployment/web", "-p", '{"spec":{"replicas":3}}']);
    await weft("apply -f -", web.replace(', {name: B, value: "2"}', "")).finish();
    const spec = api.get(kinds.Deployment as never, { namespace: "default", name: "web" })["spec"];
    const { replicas, template } = spec as { replicas: number; template: { spec: { containers: { env: unknown }[] } } };
    assert.equal(replicas, 3);
    assert.deepEqual(template.spec.containers[0]?.env, [{ name: "A", value: "1" }]);
  });

  test("takes turns with kubectl", async () => {
    assert.equal((await weft("apply -f -", web).finish()).code, 0);
    const theirs = await kubectl(["apply", "-f", "-"], web);
    assert.equal(theirs.stderr, "");
    assert.match(theirs.stdout, /deployment.apps\/web unchanged/);
    await kubectl(["apply", "-f", "-"], web.replace("shop/web:1", "shop/web:9"));
    assert.match((await weft("apply -f -", web).finish()).out, /deployment.apps\/web configured/);
  });

  test("sends nothing when a file has an error, and says where it stands", async () => {
    const two = `${web.replaceAll("web", "shop")}---\napiVersion: v1\nkind: Service\nmetadata: {name: bad}\nspec: {prots: []}\n`;
    const { code, out, err } = await weft("apply -f -", two).finish();
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, /^stdin:\d+:\d+: error: spec\.prots: .*ports/m);
    assert.match(err, /nothing was applied\n$/);
    assert.equal(api.find(kinds.Service as never, { namespace: "default", name: "shop" }), undefined);
  });

  test("compares files with what the mesh has: a contradiction is an error, what may come later a warning", async () => {
    const route = (port: number, host = "web") =>
      `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: r}\nspec:\n  hosts: [web]\n  http: [{route: [{destination: {host: ${host}, port: {number: ${port}}}}]}]\n`;
    const { code, out, err } = await weft("apply -f -", route(81)).finish();
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, /^stdin:6:60: error: .*: web\.default\.svc\.cluster\.local has no port 81\n {2}its ports: 80\n/);
    assert.match(err, /^weft: 1 error; nothing was applied\n/m);
    const later = await weft("apply --dry-run -f -", route(80, "soon")).finish();
    assert.equal(later.code, 0);
    assert.match(later.err, /^stdin:6:40: warning: .*no Service or ServiceEntry among these files or in the mesh/);
    assert.equal((await weft("apply --dry-run -f -", route(80)).finish()).err, "");
  });

  test("leaves out kinds that are known but not served, with a warning", async () => {
    const files = `apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {}\n---\n${web}`;
    const { code, out, err } = await weft("apply -f -", files).finish();
    assert.deepEqual([code, out], [0, "service/web unchanged\ndeployment.apps/web unchanged\n"]);
    assert.match(err, /^stdin:2:7: warning: kind: Job of batch .*: the object is left out\n$/);
  });

  test("a refusal of one object does not keep the others from being applied", async () => {
    const moved = web
      .replace("matchLabels: {app: web}", "matchLabels: {app: x}")
      .replace("labels: {app: web}}\n    spec", "labels: {app: x}}\n    spec");
    const { code, out, err } = await weft("apply -f -", moved).finish();
    assert.equal(code, 1);
    assert.equal(out, "service/web unchanged\n");
    assert.match(err, /^weft: deployment.apps\/web: .*field is immutable/m);
  });

  test("a namespace comes before what stands in it", async () => {
    const shop =
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
    const { code, out } = await weft("apply -n shop -f -", shop).finish();
    assert.deepEqual([code, out], [0, "namespace/shop created\nconfigmap/a created\n"]);
    const clash = await weft(
      "apply -n other -f -",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n",
    ).finish();
    assert.equal(clash.code, 1);
    assert.match(clash.err, /says namespace "shop", the command line "other"/);
  });
});

describe("weft get", () => {
  test("prints what kubectl prints", async () => {
    for (const line of [
      "get svc",
      "get deployment,svc",
      "get services -A",
      "get deploy/web -o wide",
      "get all -o name",
      "get ns",
    ]) {
      const theirs = await kubectl(line.split(" "));
      const ours = await weft(line).finish();
      const plain = (text: string) =>
        text
          .replace(/ +$/gm, "")
          .replace(/\b\d+(m\d+)?s\b/g, "AGE")
          .trimEnd();
      assert.equal(plain(ours.out), plain(theirs.stdout), line);
    }
  });

  test("prints objects whole, one as it is and several as a list", async () => {
    const one = JSON.parse((await weft("get deploy web -o json").finish()).out) as { kind: string };
    assert.equal(one.kind, "Deployment");
    const all = (await weft("get deploy,svc -o yaml").finish()).out;
    assert.match(all, /^apiVersion: v1\nkind: List\n/);
  });

  test("says in Kubernetes' words what is not there", async () => {
    assert.deepEqual(await weft("get pods").finish(), {
      code: 0,
      out: "",
      err: "No resources found in default namespace.\n",
    });
    assert.deepEqual(await weft("get vs nope").finish(), {
      code: 1,
      out: "",
      err: 'weft: virtualservices.networking.istio.io "nope" not found\n',
    });
    const misspelt = await weft("get deploymens").finish();
    assert.deepEqual(
      [misspelt.code, misspelt.err],
      [2, 'weft: there is no kind "deploymens"\n  did you mean deployments?\n'],
    );
  });

  test("watches until it is stopped", async () => {
    const watching = weft("get cm -w -o name");
    await until(() => watching.said.err.includes("No resources found"));
    await weft("apply -f -", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: seen}\n").finish();
    await until(() => watching.said.out.includes("configmap/seen\n"));
    watching.stop();
    assert.equal(await watching.done, 130);
  });
});

describe("weft logs", () => {
  const pod = (name: string) =>
    api.create(kinds.Pod as never, "default", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, labels: { app: "web" } },
      spec: {
        containers: [
          { name: "main", image: "a:1" },
          { name: "side", image: "a:1" },
        ],
      },
    });

  test("finds pods by their name, their deployment or their app, and says whose line it is", async () => {
    await pod("web-1");
    const one = await weft("logs pod/web-1 --tail 5 -c side").finish();
    assert.deepEqual([one.code, one.out], [0, "one of web-1\ntwo\n"]);
    assert.deepEqual([logRequests[0]?.container, logRequests[0]?.tailLines], ["side", 5]);
    await pod("web-2");
    for (const workload of ["web", "deployment/web"]) {
      const { out } = await weft(`logs ${workload}`).finish();
      for (const line of ["[web-1] one of web-1", "[web-2] two"]) assert.ok(out.includes(`${line}\n`), out);
    }
    const misspelt = await weft("logs wen").finish();
    assert.deepEqual([misspelt.code, /did you mean web/.test(misspelt.err)], [1, true]);
  });

  test("follows until it is stopped", async () => {
    const following = weft("logs web-1 -f");
    await until(() => following.said.out.includes("two\n"));
    following.stop();
    assert.equal(await following.done, 130);
    await until(() => logRequests.at(-1)?.signal.aborted === true);
  });
});

describe("weft delete", () => {
  test("deletes by name, by labels and by file, and says so", async () => {
    assert.equal((await weft("delete pod/web-1").finish()).out, 'pod "web-1" deleted from default namespace\n');
    assert.equal((await weft("delete pods -l app=web").finish()).out, 'pod "web-2" deleted from default namespace\n');
    const files = await weft("delete -f -", web).finish();
    assert.deepEqual(files.out.split("\n")[0], 'deployment.apps "web" deleted from default namespace');
    const again = await weft("delete -f -", web).finish();
    assert.equal(again.code, 1);
    assert.match(again.err, /deployments.apps "web" not found/);
    assert.equal((await weft("delete --ignore-not-found -f -", web).finish()).code, 0);
  });
});

describe("weft kubeconfig", () => {
  test("prints the file or its path", async () => {
    assert.match((await weft("kubeconfig").finish()).out, /^apiVersion: v1\nkind: Config\n/);
    assert.equal((await weft("kubeconfig --path").finish()).out, `${dataDirAt(dataDir).kubeconfig}\n`);
  });
});
