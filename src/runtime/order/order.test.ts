import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, ImageCatalog, Volume } from "../../model/index.ts";
import { resolveOrder } from "./index.ts";
import { sampleConfigMap, sampleInput, samplePod, sampleSecret } from "./sample.ts";

const objects = {
  configMaps: [sampleConfigMap("settings", { "a.conf": "A", "b.conf": "B" })],
  secrets: [sampleSecret("login", { user: "ann" })],
};

/** path → [content, mode in octal]; or why not. */
async function contents(volume: Omit<Volume, "name">) {
  const pod = samplePod({}, { volumes: [{ name: "v", ...volume }] });
  const { volumes, blocked } = await resolveOrder(sampleInput(pod, objects));
  if (blocked) return `${blocked.reason}: ${blocked.message}`;
  const found = volumes["v"];
  if (found?.kind !== "files") return found;
  return Object.fromEntries(
    found.files.map((file) => [
      file.path,
      [Buffer.from(file.contentBase64, "base64").toString(), file.mode.toString(8)],
    ]),
  );
}

test("all keys or only the listed items of a ConfigMap or Secret become files with their modes", async () => {
  assert.deepEqual(await contents({ configMap: { name: "settings" } }), {
    "a.conf": ["A", "644"],
    "b.conf": ["B", "644"],
  });
  const items = [{ key: "user", path: "deep/name", mode: 0o400 }];
  assert.deepEqual(await contents({ secret: { secretName: "login", items } }), { "deep/name": ["ann", "400"] });
  assert.deepEqual(await contents({ secret: { secretName: "login", defaultMode: 0o600 } }), { user: ["ann", "600"] });
});

test("a projected volume joins its sources", async () => {
  const sources = [
    { configMap: { name: "settings", items: [{ key: "a.conf", path: "a" }] } },
    { secret: { name: "login" } },
    { secret: { name: "none", optional: true } },
    { downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } },
    { serviceAccountToken: { path: "token", audience: "vault", expirationSeconds: 600 } },
  ];
  assert.deepEqual(await contents({ projected: { sources, defaultMode: 0o440 } }), {
    a: ["A", "440"],
    user: ["ann", "440"],
    labels: ['app="web"\ntier="front"', "440"],
    token: ["default/vault/600", "440"],
  });
});

test("a volume that cannot be set up blocks the pod in Kubernetes' words", async () => {
  const failed = 'ContainerCreating: MountVolume.SetUp failed for volume "v" : ';
  assert.equal(await contents({ configMap: { name: "none" } }), `${failed}configmap "none" not found`);
  assert.equal(await contents({ secret: { secretName: "none" } }), `${failed}secret "none" not found`);
  const items = [{ key: "c", path: "c" }];
  assert.equal(
    await contents({ configMap: { name: "settings", items } }),
    `${failed}configmap references non-existent config key: c`,
  );
  assert.deepEqual(await contents({ configMap: { name: "settings", items, optional: true } }), {});
  assert.match(
    JSON.stringify(await contents({ nfs: { server: "s", path: "/" } })),
    /nfs volumes are not supported; use emptyDir/,
  );
});

test("no file of a volume leaves it", async () => {
  for (const path of ["../x", "/etc/x", "a/../../x", ""]) {
    const found = await contents({ configMap: { name: "settings", items: [{ key: "a.conf", path }] } });
    assert.match(JSON.stringify(found), /does not stay in the volume/, path);
  }
});

test("empty folders and folders of the host are passed on", async () => {
  assert.deepEqual(await contents({ emptyDir: {} }), { kind: "empty" });
  assert.deepEqual(await contents({ hostPath: { path: "/data" } }), { kind: "host", path: "/data" });
});

test("every container gets its service account's token unless the pod or the account refuses it", async () => {
  const pod = samplePod({}, { automountServiceAccountToken: true, serviceAccountName: "clerk" });
  const order = await resolveOrder(sampleInput(pod));
  const [name = ""] = Object.keys(order.volumes);
  assert.match(name, /^kube-api-access-[a-z0-9]{5}$/);
  const volume = order.volumes[name];
  assert.ok(volume?.kind === "files");
  const files = volume.files.map(({ path, contentBase64 }) => [path, Buffer.from(contentBase64, "base64").toString()]);
  assert.deepEqual(files, [
    ["token", "clerk/api/3607"],
    ["ca.crt", "CA"],
    ["namespace", "shop"],
  ]);
  const [container] = (order.pod["spec"] as { containers: Container[] }).containers;
  const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
  assert.deepEqual(container?.volumeMounts, [{ name, mountPath, readOnly: true }]);

  assert.deepEqual((await resolveOrder(sampleInput(samplePod({})))).volumes, {});
  const account = {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "default" },
    automountServiceAccountToken: false,
  };
  const { automountServiceAccountToken: _, ...spec } = samplePod({}).spec;
  const undecided = { ...samplePod({}), spec };
  assert.deepEqual((await resolveOrder(sampleInput(undecided, { serviceAccount: account }))).volumes, {});
  assert.equal(Object.keys((await resolveOrder(sampleInput(undecided))).volumes).length, 1);
});

test("command replaces the image, args alone are given to its command", async () => {
  const catalogs: ImageCatalog[] = [
    {
      apiVersion: "weft.dev/v1",
      kind: "ImageCatalog",
      metadata: { name: "mine" },
      spec: {
        images: [
          {
            match: "known",
            command: ["serve"],
            args: ["--all"],
            env: [{ name: "MODE", value: "image" }],
            workingDir: "/srv",
          },
        ],
      },
    },
  ];
  const order = async (container: Partial<Container>) =>
    (await resolveOrder(sampleInput(samplePod({ command: [], ...container }), { catalogs }))).containers[0];
  assert.deepEqual((await order({ image: "known" }))?.argv, ["serve", "--all"]);
  assert.deepEqual((await order({ image: "known", args: ["--one"] }))?.argv, ["serve", "--one"]);
  assert.deepEqual((await order({ image: "known", command: ["own"] }))?.argv, ["own"]);
  assert.deepEqual((await order({ image: "lost", command: ["own"], args: ["a"] }))?.argv, ["own", "a"]);
  assert.equal((await order({ image: "lost" }))?.blocked?.reason, "ImageUnknown");
  const known = await order({ image: "known", env: [{ name: "MODE", value: "pod" }] });
  assert.equal(known?.env["MODE"], "pod");
  assert.equal(known.workingDir, "/srv");
});

test("loopback programs learn their first port, and every program its host name", async () => {
  const ports = [{ containerPort: 9080 }, { containerPort: 9090 }];
  const env = async (container: Partial<Container>, network: "netns" | "loopback") =>
    (await resolveOrder(sampleInput(samplePod(container), { network }))).containers[0]?.env ?? {};
  assert.equal((await env({ ports }, "loopback"))["PORT"], "9080");
  assert.equal((await env({ ports, env: [{ name: "PORT", value: "1" }] }, "loopback"))["PORT"], "1");
  assert.equal((await env({ ports }, "netns"))["PORT"], undefined);
  assert.equal((await env({}, "netns"))["HOSTNAME"], "web-1");
});

test("subPathExpr becomes a subPath with the container's variables", async () => {
  const volumeMounts = [{ name: "v", mountPath: "/logs", subPathExpr: "$(WHO)/logs" }];
  const pod = samplePod(
    { volumeMounts, env: [{ name: "WHO", value: "ann" }] },
    { volumes: [{ name: "v", emptyDir: {} }] },
  );
  const order = await resolveOrder(sampleInput(pod));
  const [container] = (order.pod["spec"] as { containers: Container[] }).containers;
  assert.deepEqual(container?.volumeMounts, [{ name: "v", mountPath: "/logs", subPath: "ann/logs" }]);
});

test("a mount without a volume blocks the pod", async () => {
  const { blocked } = await resolveOrder(sampleInput(samplePod({ volumeMounts: [{ name: "gone", mountPath: "/x" }] })));
  assert.match(blocked?.message ?? "", /"app" mounts "gone"/);
});
