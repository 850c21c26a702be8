import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findingText } from "./finding.ts";
import { readManifests } from "./manifest.ts";
import { validate } from "./validate.ts";

/** Findings of the objects in a text, without the file's name. */
function told(text: string): string[] {
  const { objects, findings } = readManifests(text, "f");
  return [...findings, ...objects.flatMap(({ object, positions }) => validate(object, positions))].map((finding) =>
    findingText(finding).slice(2),
  );
}

function virtualService(http: string): string {
  return `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec:\n  hosts: [a]\n  http:\n${http}`;
}

const pod = (containers: string) =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n${containers}`;

describe("validating", () => {
  test("an unknown field says where it stands and which one was probably meant", () => {
    assert.deepEqual(told(virtualService("    - route: [{destination: {host: a, subest: v1}}]\n")), [
      '7:39: error: spec.http[0].route[0].destination.subest: unknown field "subest", did you mean `subset`?',
    ]);
  });

  test("an unknown field that resembles nothing is told with the fields there are", () => {
    assert.deepEqual(told("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nwhatever: 1\n"), [
      '4:1: error: whatever: unknown field "whatever" (fields here: apiVersion, kind, metadata, data, binaryData, immutable)',
    ]);
  });

  test("a wrong type says what was found, what is wanted, and how to write it", () => {
    const rows = [
      [
        "    - {route: [{destination: {host: a}, weight: '80'}]}",
        '7:49: error: spec.http[0].route[0].weight: found the string "80", want a whole number\n  leave the quotes away: 80',
      ],
      [
        "    - {name: 5, route: [{destination: {host: a}}]}",
        '7:14: error: spec.http[0].name: found the number 5, want a string\n  put it in quotes: "5"',
      ],
      [
        "    - {route: {destination: {host: a}}}",
        "7:15: error: spec.http[0].route: found a map, want a list of maps\n  put `- ` before it to make a list",
      ],
      [
        "    - {route: [{destination: a}]}",
        '7:30: error: spec.http[0].route[0].destination: found the string "a", want a map',
      ],
    ];
    for (const [line, wanted] of rows) assert.deepEqual(told(virtualService(`${line}\n`)), [wanted]);
  });

  test("bad durations are errors", () => {
    const timeout = (value: string) =>
      told(virtualService(`    - {timeout: ${value}, route: [{destination: {host: a}}]}\n`));
    assert.deepEqual(timeout("5s"), []);
    assert.deepEqual(timeout("2 seconds"), [
      '7:17: error: spec.http[0].timeout: Invalid value: "2 seconds": must be a duration such as 500ms, 1.5s or 1h30m',
    ]);
    assert.deepEqual(timeout("5"), [
      "7:17: error: spec.http[0].timeout: found the number 5, want a duration such as 500ms or 1.5s\n  if seconds are meant, write 5s",
    ]);
    assert.deepEqual(timeout("0s"), [
      '7:17: error: spec.http[0].timeout: Invalid value: "0s": duration must be at least 1ms',
    ]);
  });

  test("bad weights are errors; several must not sum to nothing", () => {
    const weights = (one: number | string, two: number | string) =>
      told(
        virtualService(
          `    - route:\n        - {destination: {host: a}, weight: ${one}}\n        - {destination: {host: b}, weight: ${two}}\n`,
        ),
      );
    assert.deepEqual(weights(80, 20), []);
    assert.deepEqual(weights(3, 1), []);
    assert.deepEqual(weights(-1, 20), [
      "8:44: error: spec.http[0].route[0].weight: Invalid value: -1: must be greater than or equal to 0",
    ]);
    assert.deepEqual(weights(0, 0), [
      "8:9: error: spec.http[0].route: Invalid value: [0,0]: total destination weight must be greater than 0\n  give every destination a `weight`",
    ]);
  });

  test("what follows from an error already told is not told again", () => {
    const text =
      "    - route:\n        - {destination: {host: a}, weight: much}\n        - {destination: {host: b}, weight: more}\n";
    assert.deepEqual(
      told(virtualService(text)).map((line) => line.split(": ")[2]),
      ["spec.http[0].route[0].weight", "spec.http[0].route[1].weight"],
    );
  });

  test("bad hosts are errors", () => {
    const host = (value: string) =>
      told(`apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: a}\nspec: {host: ${value}}\n`);
    assert.deepEqual(host("reviews"), []);
    assert.deepEqual(host("'*.example.com'"), []);
    assert.deepEqual(host("a b"), ['4:14: error: spec.host: Invalid value: "a b": must be a domain name']);
  });

  test("addresses that tcp and tls rules look for are addresses", () => {
    const rules = (subnet: string) =>
      told(
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec:\n  hosts: [a]\n" +
          `  tcp: [{match: [{destinationSubnets: [10.0.0.0/8, ${subnet}]}], route: [{destination: {host: a}}]}]\n`,
      );
    assert.deepEqual(rules("10.1.2.3"), []);
    assert.deepEqual(rules("10.1.2"), [
      '6:52: error: spec.tcp[0].match[0].destinationSubnets[1]: Invalid value: "10.1.2": must be an IP address or a CIDR',
    ]);
  });

  test("a regular expression that RE2 refuses is an error", () => {
    const found = told(virtualService("    - {match: [{uri: {regex: '(a'}}], route: [{destination: {host: a}}]}\n"));
    assert.match(
      found.join("\n"),
      /^7:30: error: spec\.http\[0\]\.match\[0\]\.uri\.regex: Invalid value: "\(a": not an RE2 regular expression/,
    );
  });

  test("a value out of a few says which, and the one probably meant", () => {
    assert.deepEqual(told(pod("    - {name: a, image: x, imagePullPolicy: Allways}\n")), [
      '6:44: error: spec.containers[0].imagePullPolicy: Unsupported value: "Allways": supported values: "Always", "IfNotPresent", "Never"\n  did you mean `Always`?',
    ]);
  });

  test("quantities, names and ports are checked", () => {
    assert.deepEqual(
      told(pod("    - {name: A, image: x, ports: [{containerPort: 0}], resources: {requests: {cpu: 1x}}}\n")).map(
        (line) => line.split(": ").slice(0, 3).join(" "),
      ),
      [
        "6:14 error spec.containers[0].name",
        "6:51 error spec.containers[0].ports[0].containerPort",
        "6:84 error spec.containers[0].resources.requests.cpu",
      ],
    );
  });

  test("a volume mount that names no volume is an error", () => {
    assert.deepEqual(told(pod("    - {name: a, image: x, volumeMounts: [{name: data, mountPath: /d}]}\n")), [
      '6:49: error: spec.containers[0].volumeMounts[0].name: Not found: "data"\n  name a volume of the pod (it has none)',
    ]);
  });

  test("a selector that does not match its own template is an error", () => {
    const found = told(
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {app: a}}\n  template: {metadata: {labels: {app: b}}, spec: {containers: [{name: a, image: x}]}}\n",
    );
    assert.deepEqual(found, [
      '6:33: error: spec.template.metadata.labels: Invalid value: {"app":"b"}: `selector` does not match template `labels`',
    ]);
  });

  test("all that is wrong is told at once", () => {
    const found = told(
      virtualService("    - {tiemout: 1s, retries: {attempts: x}, route: [{destination: {hots: a}}]}\n"),
    );
    assert.deepEqual(
      found.map((line) => line.split(": ")[2]),
      [
        "spec.http[0].tiemout",
        "spec.http[0].retries.attempts",
        "spec.http[0].route[0].destination.hots",
        "spec.http[0].route[0].destination.host",
      ],
    );
  });

  test("a field that is understood and not yet acted on is a warning that says so", () => {
    const found = told(
      "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: a}\nspec:\n  host: a\n  trafficPolicy:\n    outlierDetection: {consecutive5xxErrors: 1}\n",
    );
    assert.match(
      found.join("\n"),
      /^7:23: warning: spec\.trafficPolicy\.outlierDetection: understood, but not yet acted on: /,
    );
  });

  test("a kind that is understood and not yet acted on is a warning that says so", () => {
    assert.deepEqual(told("apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: a}\n"), [
      "2:7: warning: kind: PeerAuthentication of security.istio.io is understood, but not yet acted on: the object is left out",
    ]);
  });
});

describe("keys of ConfigMaps and Secrets", () => {
  test("must be names of files, for that is what they become", () => {
    const head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    assert.deepEqual(told(`${head}data: {good.key-1_a: x}\n`), []);
    assert.deepEqual(told(`${head}data: {../x: m, a/b: k}\n`), [
      `4:8: error: data[../x]: Invalid value: "../x": must not be '.' and must not begin with '..'`,
      `4:17: error: data[a/b]: Invalid value: "a/b": a valid config key must consist of alphanumeric characters, '-', '_' or '.'`,
    ]);
  });

  test("and their values may have 1 MiB together", () => {
    const big = "x".repeat(600_000);
    const object = { apiVersion: "v1", kind: "Secret", metadata: { name: "a" }, stringData: { a: big, b: big } };
    assert.deepEqual(
      validate(object).map(({ message }) => message),
      ['Invalid value: "1200000 bytes": must be at most 1048576 bytes long'],
    );
  });
});

describe("an API that is not served", () => {
  const of = (apiVersion: string, kind: string) =>
    told(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: prometheus-ui, namespace: monitoring}\n`).join(
      "\n",
    );

  test("removed ones get kubectl's message and what to write instead", () => {
    assert.equal(
      of("extensions/v1beta1", "Ingress"),
      '1:13: error: apiVersion: resource mapping not found for name: "prometheus-ui" namespace: "monitoring" from "f": no matches for kind "Ingress" in version "extensions/v1beta1"\n' +
        "ensure CRDs are installed first\n" +
        "  this version of the API was removed from Kubernetes: write `apiVersion: networking.k8s.io/v1`; each path then needs `pathType: Prefix` (or Exact), `backend.serviceName` and `backend.servicePort` become `backend.service.name` and `backend.service.port.number`, and the class is `spec.ingressClassName`",
    );
    for (const [apiVersion, kind, instead] of [
      ["extensions/v1beta1", "Deployment", "apps/v1"],
      ["apps/v1beta1", "Deployment", "apps/v1"],
      ["apps/v1beta2", "StatefulSet", "apps/v1"],
      ["networking.k8s.io/v1beta1", "Ingress", "networking.k8s.io/v1"],
      ["policy/v1beta1", "PodDisruptionBudget", "policy/v1"],
      ["batch/v1beta1", "CronJob", "batch/v1"],
      ["rbac.authorization.k8s.io/v1beta1", "ClusterRole", "rbac.authorization.k8s.io/v1"],
      ["apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", "apiextensions.k8s.io/v1"],
      ["discovery.k8s.io/v1beta1", "EndpointSlice", "discovery.k8s.io/v1"],
      ["autoscaling/v2beta2", "HorizontalPodAutoscaler", "autoscaling/v2"],
    ] as const) {
      const text = of(apiVersion, kind);
      assert.ok(
        text.includes(`no matches for kind "${kind}" in version "${apiVersion}"\nensure CRDs are installed first`),
        text,
      );
      assert.ok(text.includes(`write \`apiVersion: ${instead}\``), text);
    }
  });

  test("a version that never was, a kind of another group and a misspelt kind say what would be right", () => {
    assert.match(of("networking.istio.io/v2", "VirtualService"), /write `apiVersion: networking\.istio\.io\/v1`/);
    assert.match(of("v1", "Deployment"), /Deployment is in `apiVersion: apps\/v1`/);
    assert.match(of("networking.istio.io/v1", "VirtualServcie"), /did you mean `VirtualService`\?/);
    assert.match(
      of("example.com/v1", "Anything"),
      /no matches for kind "Anything" in version "example.com\/v1"\nensure CRDs are installed first$/,
    );
  });
});
