import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { filterTypes, type Listener, type TypedFilter } from "../../xds/index.ts";
import { listenerShape } from "./honoured.ts";
import { Material } from "../tls/material.ts";
import { compileListener } from "./listener.ts";
import { check } from "./shape.ts";

const filter = (type: keyof typeof filterTypes, fields: object = {}): TypedFilter => ({
  name: type,
  typed_config: { "@type": filterTypes[type], ...fields },
});
const tcp = filter("tcpProxy", { stat_prefix: "tcp", cluster: "c" });
const mongo = filter("mongoProxy", { stat_prefix: "mongo" });
const http = filter("httpConnectionManager", {
  stat_prefix: "http",
  route_config: { name: "r", virtual_hosts: [] },
  http_filters: [filter("router")],
});

/** Why a listener of these filters is refused; empty: it is not. */
function refusal(filters: readonly TypedFilter[], listener_filters: readonly TypedFilter[] = []): string {
  const message: Listener = {
    name: "l",
    address: { socket_address: { address: "0.0.0.0", port_value: 1 } },
    listener_filters,
    filter_chains: [{ filters }],
  };
  const faults: string[] = [];
  check(listenerShape, message, "", faults);
  if (faults.length > 0) return faults.join();
  try {
    compileListener(message, "gateway", surroundings);
    return "";
  } catch (error) {
    return String(error);
  }
}

const surroundings: Parameters<typeof compileListener>[2] = {
  routes: () => undefined,
  write: () => undefined,
  material: new Material(),
};

describe("a filter chain", () => {
  const wrong = /^RangeError: filter_chains\[0\]: filters: one connection manager, or one TCP proxy/;
  for (const [what, filters, expected] of [
    ["of one connection manager", [http], /^$/],
    ["of one TCP proxy", [tcp], /^$/],
    ["of a TCP proxy behind MongoDB's filter", [mongo, tcp], /^$/],
    ["of nothing", [], wrong],
    ["that ends in MongoDB's filter", [tcp, mongo], wrong],
    ["of MongoDB's filter alone", [mongo], wrong],
    ["of MongoDB's filter twice", [mongo, mongo, tcp], wrong],
    ["of requests behind MongoDB's filter", [mongo, http], wrong],
    ["of two ends", [tcp, tcp], wrong],
    [
      "with delays of MongoDB's filter",
      [filter("mongoProxy", { stat_prefix: "m", delay: { fixed_delay: "1s" } }), tcp],
      /^filter_chains\[0\]\.filters\[0\]\.typed_config\.delay: is not supported;/,
    ],
    [
      "that connects on demand",
      [filter("tcpProxy", { stat_prefix: "t", cluster: "c", on_demand: {} })],
      /^filter_chains\[0\]\.filters\[0\]\.typed_config\.on_demand: is not supported;/,
    ],
  ] as const) {
    test(`${what} is ${expected.source === "^$" ? "taken" : "refused"}`, () => {
      assert.match(refusal(filters), expected);
    });
  }
});

describe("the PROXY protocol", () => {
  const header = (fields: object = {}) => filter("proxyProtocol", fields);
  const inspector = filter("tlsInspector");
  for (const [what, filters, expected] of [
    ["before the inspectors is taken", [header(), inspector], /^$/],
    ["after an inspector is refused", [inspector, header()], /listener_filters: .* must come before the inspectors$/],
    ["without a version left is refused", [header({ disallowed_versions: ["V1", "V2"] })], /no version is left/],
    [
      "without a version left, where it may be missing, is taken",
      [header({ disallowed_versions: ["V1", "V2"], allow_requests_without_proxy_protocol: true })],
      /^$/,
    ],
    [
      "that passes extensions on is refused",
      [header({ pass_through_tlvs: {} })],
      /pass_through_tlvs: is not supported;/,
    ],
    ["with rules for extensions is refused", [header({ rules: [] })], /rules: is not supported;/],
  ] as const) {
    test(what, () => assert.match(refusal([tcp], filters), expected));
  }
});
