import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaultSettings } from "../mesh/index.ts";
import type { ConfigMap } from "../model/index.ts";
import { meshConfig } from "./mesh-config.ts";

const given = (mesh: string): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "istio", namespace: "istio-system" },
  data: { mesh },
});

describe("the settings of a mesh", () => {
  test("are Istio's defaults where nothing is said", () => {
    assert.equal(meshConfig(undefined).settings, defaultSettings);
  });

  test("come in Istio's own form", () => {
    const { settings, notes } = meshConfig(
      given("accessLogFile: /dev/stdout\noutboundTrafficPolicy: { mode: REGISTRY_ONLY }\nh2UpgradePolicy: UPGRADE\n"),
    );
    assert.equal(settings.accessLogFile, "/dev/stdout");
    assert.equal(settings.outboundTrafficPolicy, "REGISTRY_ONLY");
    assert.equal(settings.h2UpgradePolicy, "UPGRADE");
    assert.deepEqual(notes, []);
  });

  test("of what stands before the gateways", () => {
    const { settings, notes } = meshConfig(
      given("defaultConfig:\n  concurrency: 2\n  gatewayTopology: { numTrustedProxies: 2, proxyProtocol: {}, x: 1 }\n"),
    );
    assert.deepEqual(settings.gatewayTopology, { numTrustedProxies: 2, proxyProtocol: true });
    assert.deepEqual(notes, [
      "ConfigMap istio-system/istio: defaultConfig.concurrency is not acted on yet",
      "ConfigMap istio-system/istio: defaultConfig.gatewayTopology.x is not acted on yet",
    ]);
  });

  test("that have no effect are told", () => {
    assert.deepEqual(
      meshConfig(given("enableTracing: true\noutboundTrafficPolicy: { mode: NEVER }\nh2UpgradePolicy: DEFAULT")).notes,
      [
        "ConfigMap istio-system/istio: enableTracing is not acted on yet",
        "ConfigMap istio-system/istio: outboundTrafficPolicy is not acted on yet",
        "ConfigMap istio-system/istio: h2UpgradePolicy is not acted on yet",
      ],
    );
    assert.match(meshConfig(given("- 1")).notes[0] ?? "", /not an object/);
    assert.match(meshConfig(given("a: [")).notes[0] ?? "", /no YAML/);
  });
});
