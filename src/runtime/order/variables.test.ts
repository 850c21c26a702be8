import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, PodSpec } from "../../model/index.ts";
import { expand } from "./expansion.ts";
import { podIPPlaceholder, podNumberPlaceholder, resolveOrder, withPodIP } from "./index.ts";
import { sampleConfigMap, sampleInput, samplePod, sampleSecret, sampleService } from "./sample.ts";

const objects = {
  configMaps: [sampleConfigMap("settings", { COLOR: "red", "with space": "no", LEVEL: "1" })],
  secrets: [sampleSecret("login", { user: "ann" })],
};

async function run(
  container: Partial<Container>,
  more: Parameters<typeof sampleInput>[1] = {},
  spec?: Partial<PodSpec>,
) {
  const order = await resolveOrder(sampleInput(samplePod(container, spec), { ...objects, ...more }));
  const [first] = order.containers;
  assert.ok(first);
  return first;
}

test("$(NAME) is replaced, $$ is a dollar sign, and what nobody set stays", () => {
  const variables = { A: "1", B: "two" };
  assert.equal(expand("$(A)-$(B)", variables), "1-two");
  assert.equal(expand("$$(A) $$$(A) $A $(C) $( $", variables), "$(A) $1 $A $(C) $( $");
  assert.equal(expand("$(toString)", {}), "$(toString)");
});

test("env overrides envFrom, and the later source the earlier", async () => {
  const { env } = await run({
    envFrom: [{ configMapRef: { name: "settings" } }, { prefix: "LOGIN_", secretRef: { name: "login" } }],
    env: [
      { name: "LEVEL", value: "2" },
      { name: "WHO", valueFrom: { secretKeyRef: { name: "login", key: "user" } } },
      { name: "HUE", valueFrom: { configMapKeyRef: { name: "settings", key: "COLOR" } } },
    ],
  });
  const { COLOR, LEVEL, LOGIN_user, WHO, HUE } = env;
  assert.deepEqual(
    { COLOR, LEVEL, LOGIN_user, WHO, HUE },
    { COLOR: "red", LEVEL: "2", LOGIN_user: "ann", WHO: "ann", HUE: "red" },
  );
  assert.ok(!("with space" in env));
});

test("variables see those before them; command and args see all", async () => {
  const { env, argv } = await run({
    command: ["run", "$(LAST)"],
    args: ["$$(LAST)", "$(NOBODY)"],
    env: [
      { name: "EARLY", value: "$(LAST)" },
      { name: "FIRST", value: "1" },
      { name: "LAST", value: "$(FIRST)2" },
    ],
  });
  assert.equal(env["EARLY"], "$(LAST)");
  assert.deepEqual(argv, ["run", "12", "$(LAST)", "$(NOBODY)"]);
});

test("a reference that leads nowhere blocks the container in Kubernetes' words, unless it is optional", async () => {
  const message = async (container: Partial<Container>) => {
    const { blocked } = await run(container);
    assert.equal(blocked?.reason ?? "CreateContainerConfigError", "CreateContainerConfigError");
    return blocked?.message;
  };
  const key = (name: string, key: string, optional = false) => ({
    name: "X",
    valueFrom: { configMapKeyRef: { name, key, optional } },
  });
  assert.equal(await message({ env: [key("none", "a")] }), 'configmap "none" not found');
  assert.equal(await message({ env: [key("settings", "a")] }), "couldn't find key a in ConfigMap shop/settings");
  assert.equal(await message({ envFrom: [{ secretRef: { name: "none" } }] }), 'secret "none" not found');
  assert.equal(await message({ env: [key("none", "a", true), key("settings", "a", true)] }), undefined);
  assert.equal(await message({ envFrom: [{ configMapRef: { name: "none", optional: true } }] }), undefined);
});

test("fields of the pod and resources come from the downward API", async () => {
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const resource = (name: string, resource: string, divisor = "1") => ({
    name,
    valueFrom: { resourceFieldRef: { resource, divisor } },
  });
  const { env } = await run(
    {
      env: [
        field("NAME", "metadata.name"),
        field("APP", "metadata.labels['app']"),
        field("NOTE", "metadata.annotations['note']"),
        field("NODE", "spec.nodeName"),
        field("ACCOUNT", "spec.serviceAccountName"),
        field("IP", "status.podIP"),
        field("HOST_IP", "status.hostIP"),
        { name: "URL", value: "http://$(IP):80" },
        resource("CPU", "limits.cpu"),
        resource("MILLI", "limits.cpu", "1m"),
        resource("MEMORY", "requests.memory", "1Mi"),
        resource("ALL", "limits.memory", "1Mi"),
      ],
      resources: { limits: { cpu: "1500m" }, requests: { memory: "64Mi" } },
    },
    { capacity: { cpu: 4, memory: 2 ** 30 } },
  );
  const { NAME, APP, NOTE, NODE, ACCOUNT, IP, HOST_IP, URL, CPU, MILLI, MEMORY, ALL } = env;
  assert.deepEqual([NAME, APP, NOTE, NODE, ACCOUNT], ["web-1", "web", 'say "hi"', "laptop", "default"]);
  assert.deepEqual([IP, HOST_IP, URL], [podIPPlaceholder, "10.244.0.1", `http://${podIPPlaceholder}:80`]);
  assert.deepEqual([CPU, MILLI, MEMORY, ALL], ["2", "1500", "64", "1024"]);
});

test("services of the namespace are variables, and so is the API server, whatever enableServiceLinks says", async () => {
  const services = [
    sampleService("my-db", "10.96.0.20", { name: "sql-main", port: 5432 }, { name: "admin", port: 80 }),
    sampleService("headless", "None", { port: 1 }),
    { ...sampleService("far", "10.96.0.21", { port: 1 }), metadata: { name: "far", namespace: "other" } },
  ];
  const { env } = await run({}, { services });
  const found = Object.fromEntries(Object.entries(env).filter(([name]) => /^(MY_DB|HEADLESS|FAR)_/.test(name)));
  assert.deepEqual(found, {
    MY_DB_SERVICE_HOST: "10.96.0.20",
    MY_DB_SERVICE_PORT: "5432",
    MY_DB_SERVICE_PORT_SQL_MAIN: "5432",
    MY_DB_SERVICE_PORT_ADMIN: "80",
    MY_DB_PORT: "tcp://10.96.0.20:5432",
    MY_DB_PORT_5432_TCP: "tcp://10.96.0.20:5432",
    MY_DB_PORT_5432_TCP_PROTO: "tcp",
    MY_DB_PORT_5432_TCP_PORT: "5432",
    MY_DB_PORT_5432_TCP_ADDR: "10.96.0.20",
    MY_DB_PORT_80_TCP: "tcp://10.96.0.20:80",
    MY_DB_PORT_80_TCP_PROTO: "tcp",
    MY_DB_PORT_80_TCP_PORT: "80",
    MY_DB_PORT_80_TCP_ADDR: "10.96.0.20",
  });
  const without = await run({}, { services }, { enableServiceLinks: false });
  assert.equal(without.env["MY_DB_SERVICE_HOST"], undefined);
  assert.equal(without.env["KUBERNETES_SERVICE_HOST"], "10.96.0.1");
  assert.equal(without.env["KUBERNETES_SERVICE_PORT"], "443");
});

test("the pod's address comes into variables, arguments and files once it is known", async () => {
  const pod = samplePod(
    { command: ["run", "$(IP)"], env: [{ name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }] },
    { volumes: [{ name: "v", downwardAPI: { items: [{ path: "ip", fieldRef: { fieldPath: "status.podIP" } }] } }] },
  );
  const services = [sampleService("db", "10.96.3.4", { port: 1 })];
  const serviceAddress = () => `127.${podNumberPlaceholder}.3.4`;
  const order = withPodIP(await resolveOrder(sampleInput(pod, { services, serviceAddress })), "127.7.255.254");
  assert.deepEqual(order.containers[0]?.argv, ["run", "127.7.255.254"]);
  assert.equal(order.containers[0]?.env["DB_SERVICE_HOST"], "127.7.3.4");
  const contentBase64 = Buffer.from("127.7.255.254").toString("base64");
  assert.deepEqual(order.volumes["v"], { kind: "files", files: [{ path: "ip", contentBase64, mode: 0o644 }] });
});
