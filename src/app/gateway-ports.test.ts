import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock, silentLog } from "../base/index.ts";
import { inputFrom, resolveMesh } from "../mesh/index.ts";
import { GatewayPorts } from "./gateway-ports.ts";
import { listenOn, portOf } from "./ports.ts";

const meshOf = (...ports: number[]) =>
  resolveMesh(
    inputFrom(
      ports.map((number) => ({
        apiVersion: "networking.istio.io/v1",
        kind: "Gateway",
        metadata: { name: `at-${number}`, namespace: "default", uid: String(number) },
        spec: {
          selector: { istio: "ingressgateway" },
          servers: [{ port: { number, name: "http", protocol: "HTTP" }, hosts: ["*"] }],
        },
      })),
    ),
  );

test("a port that is taken is told until it is free, or no Gateway wants it", async () => {
  const other = await listenOn(0);
  const handed: number[] = [];
  const ports = new GatewayPorts({
    httpPort: 0,
    httpsPort: portOf(other),
    clock: new ManualClock(),
    log: silentLog,
    async hand(host) {
      handed.push(host.port);
      (await host.open()).close();
    },
  });
  await ports.open(meshOf(443));
  assert.match(ports.notes().join(), /is taken by another program/);
  await ports.open(meshOf(80));
  assert.deepEqual(ports.notes(), []);
  assert.equal(await ports.failure(), undefined);
  await ports.open(meshOf(443));
  assert.match((await ports.failure())?.message ?? "", /is taken by another program/);
  other.close();
  await ports.open(meshOf(443));
  assert.deepEqual(ports.notes(), []);
  assert.deepEqual(handed, [80, 443]);
});
