import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assert as check, constantFrom, property, uint8Array } from "fast-check";
import { type Kind, kinds, unknownFields } from "../../model/index.ts";
import { ApiFault } from "../../store/index.ts";
import { decodeObject } from "./decode.ts";
import { messageTable } from "./messages.ts";

const number = (value: number): Buffer =>
  value < 128 ? Buffer.of(value) : Buffer.concat([Buffer.of((value % 128) + 128), number(Math.floor(value / 128))]);
const run = (field: number, content: Buffer | string) => {
  const bytes = Buffer.from(content);
  return Buffer.concat([number(field * 8 + 2), number(bytes.length), bytes]);
};
const varint = (number: number, ...bytes: number[]) => Buffer.of(number << 3, ...bytes);
const all = (...parts: Buffer[]) => Buffer.concat(parts);
const typed = (kind: string, raw: Buffer) =>
  all(Buffer.from("k8s\0"), run(1, all(run(1, "v1"), run(2, kind))), run(2, raw));
const refused = (status: number) => (error: unknown) => error instanceof ApiFault && error.status === status;

describe("protobuf bodies", () => {
  test("strings, maps, bytes, lists and flags become JSON", () => {
    const metadata = run(1, all(run(1, "a"), run(11, all(run(1, "app"), run(2, "web"))), run(8, "")));
    const data = run(3, all(run(1, "key"), run(2, Buffer.of(0, 255))));
    assert.deepEqual(decodeObject(typed("ConfigMap", all(metadata, data, varint(4, 1)))), {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a", labels: { app: "web" }, creationTimestamp: null },
      binaryData: { key: "AP8=" },
      immutable: true,
    });
  });

  test("a zero that omitempty leaves out is left out, one behind a pointer is kept", () => {
    const spec = all(varint(1, 0), varint(5, 0));
    assert.deepEqual(decodeObject(typed("Deployment", run(2, spec)))["spec"], { replicas: 0 });
  });

  test("negative numbers have ten bytes", () => {
    const minusOne = varint(1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1);
    assert.deepEqual(decodeObject(typed("Deployment", run(2, minusOne)))["spec"], { replicas: -1 });
  });

  test("numbers or strings, and quantities, are what they say", () => {
    const port = (target: Buffer) => typed("Service", run(2, run(1, all(varint(3, 80), run(4, target)))));
    const target = (bytes: Buffer) => decodeObject(port(bytes))["spec"];
    assert.deepEqual(target(all(varint(1, 0), varint(2, 144, 63), run(3, ""))), {
      ports: [{ port: 80, targetPort: 8080 }],
    });
    assert.deepEqual(target(all(varint(1, 1), varint(2, 0), run(3, "http"))), {
      ports: [{ port: 80, targetPort: "http" }],
    });
    const requests = run(2, all(run(1, "cpu"), run(2, run(1, "250m"))));
    const container = all(run(1, "main"), run(8, requests));
    assert.deepEqual(decodeObject(typed("Pod", run(2, run(2, container))))["spec"], {
      containers: [{ name: "main", resources: { requests: { cpu: "250m" } } }],
    });
  });

  test("inlined messages lend their fields", () => {
    const volume = all(run(1, "v"), run(2, run(19, all(run(1, run(1, "settings"))))));
    assert.deepEqual(decodeObject(typed("Pod", run(2, run(1, volume))))["spec"], {
      volumes: [{ name: "v", configMap: { name: "settings" } }],
    });
  });

  test("times are RFC 3339", () => {
    const time = run(8, Buffer.concat([Buffer.of(8), number(1_704_067_200)]));
    const { metadata } = decodeObject(typed("ConfigMap", run(1, time))) as { metadata: object };
    assert.deepEqual(metadata, { creationTimestamp: "2024-01-01T00:00:00Z" });
  });

  test("fields nobody knows are skipped, whatever their wire type", () => {
    const unknown = all(
      Buffer.of(0x82, 0x7d, 1, 65),
      Buffer.of(0x81, 0x7d, 1, 2, 3, 4, 5, 6, 7, 8),
      varint(15, 200, 1),
    );
    assert.deepEqual(decodeObject(typed("Secret", all(unknown, run(3, "Opaque")))), {
      apiVersion: "v1",
      kind: "Secret",
      type: "Opaque",
    });
  });

  test("a kind without a table is 415, bytes that are no message 400", () => {
    assert.throws(() => decodeObject(typed("Ingress", Buffer.alloc(0))), refused(415));
    for (const bytes of [
      "",
      "k8s",
      "{}",
      "k8s\0\n",
      "k8s\0\x0b",
      "k8s\0\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ])
      assert.throws(() => decodeObject(Buffer.from(bytes, "latin1")), refused(400), bytes);
  });

  test("any bytes give an object or a refusal", () => {
    const kind = constantFrom("Pod", "Deployment", "ConfigMap", "Role");
    check(
      property(kind, uint8Array({ maxLength: 120 }), (name, bytes) => {
        try {
          assert.equal(decodeObject(typed(name, Buffer.from(bytes.slice(0, 100))))["kind"], name);
        } catch (error) {
          assert.ok(error instanceof ApiFault, String(error));
        }
      }),
      { numRuns: 2000, seed: 7 },
    );
  });

  test("the table names only messages it has, and only fields the schemas know", () => {
    const messages = new Map(
      messageTable
        .trim()
        .split(/\n(?! )/)
        .map((text) => [text.slice(0, text.indexOf(":")), text.split(/\s+/).slice(1)]),
    );
    /** An object with every field of a message set to something of its shape. */
    const full = (name: string): Record<string, unknown> =>
      Object.assign(
        {},
        ...(messages.get(name) ?? []).map((field) => {
          const [, key = "", type = "", many = ""] = /^(\S+)=\d+:(\w+)(\*|\{\})?!?$/.exec(field) ?? [];
          assert.notEqual(type, "", `${name}: ${field}`);
          if (type.length > 1) assert.ok(messages.has(type), `${name} names ${type}`);
          const value = type.length === 1 ? "x" : full(type);
          if (key === "~") return value;
          return { [key]: many === "*" ? [value] : many === "{}" ? { x: value } : value };
        }),
      ) as Record<string, unknown>;
    for (const kind of [
      "Namespace",
      "ConfigMap",
      "Secret",
      "ServiceAccount",
      "Service",
      "Pod",
      "Deployment",
      "ReplicaSet",
      "Role",
      "RoleBinding",
      "ClusterRole",
      "ClusterRoleBinding",
    ] as const)
      assert.deepEqual(
        unknownFields(kinds[kind] as unknown as Kind, { apiVersion: "v1", kind, ...full(kind) }),
        [],
        kind,
      );
  });
});
