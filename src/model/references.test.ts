import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findingText } from "./finding.ts";
import { readManifests } from "./manifest.ts";
import { checkReferences } from "./references.ts";

/** What is told about the objects of two files. */
function told(one: string, other: string): string[] {
  const objects = [one, other].flatMap((text, index) => readManifests(text, `f${index + 1}`).objects);
  return checkReferences(objects).map(findingText);
}

const service = (name: string, extra = "") =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {ports: [{port: 80, name: http}, {port: 81, name: other}]${extra}}\n`;
const rule = (subsets: string) =>
  `apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: reviews}\nspec:\n  host: reviews\n  subsets: ${subsets}\n`;
const routing = (destination: string, more = "") =>
  `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: r}\nspec:\n  hosts: [reviews]\n  http:\n    - route:\n        - destination: ${destination}\n${more}`;
const pod = (spec: string, labels = "{app: web}") =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: ${labels}}\nspec:\n  containers: [{name: web, image: x${spec}}]\n`;

describe("references among the files given", () => {
  test("one object alone has nothing to compare with", () => {
    assert.deepEqual(told(routing("{host: nowhere, subset: v1}"), ""), []);
  });

  test("one object has the mesh it goes to to compare with, and what it replaces there does not count", () => {
    const inMesh = readManifests(`${service("reviews")}---\n${rule("[{name: v1}]")}`, "mesh").objects.map(
      ({ object }) => object,
    );
    const against = (text: string) => checkReferences(readManifests(text, "f1").objects, inMesh).map(findingText);
    assert.deepEqual(against(routing("{host: reviews, subset: v1}")), []);
    assert.match(against(routing("{host: reviews, subset: v2}"))[0] ?? "", /^f1:8:48: error: .*defines the subset v2/);
    assert.match(
      against(routing("{host: nowhere}"))[0] ?? "",
      /no Service or ServiceEntry among these files or in the/,
    );
    const replaced = against(`${rule("[{name: v2}]")}---\n${routing("{host: reviews, subset: v1}")}`);
    assert.match(replaced[0] ?? "", /no DestinationRule defines the subset v1/);
  });

  test("a warning that many places give rise to is told once, with their number", () => {
    const two = routing("{host: nowhere}").replace("name: r}", "name: s}");
    const [first = "", ...others] = told(routing("{host: nowhere}"), two);
    assert.match(first, /^f1:8:31: .* has the host nowhere\.default\.svc\.cluster\.local \(and so in 1 more place\)$/);
    assert.deepEqual(others, []);
  });

  test("what fits together is not told", () => {
    const both = `${service("reviews")}---\n${rule("[{name: v1, labels: {version: v1}}]")}`;
    assert.deepEqual(told(routing("{host: reviews, subset: v1, port: {number: 80}}"), both), []);
  });

  test("a host that no service has is a warning with the one probably meant", () => {
    assert.deepEqual(told(routing("{host: reveiws}"), service("reviews")), [
      "f1:8:31: warning: spec.http[0].route[0].destination.host: no Service or ServiceEntry among these files has the host reveiws.default.svc.cluster.local\n  did you mean `reviews`?",
    ]);
  });

  test("a name with a dot is taken as it is, so half a name is an error", () => {
    assert.deepEqual(told(routing("{host: reviews.default}"), service("reviews")), [
      "f1:8:31: error: spec.http[0].route[0].destination.host: a name with a dot is taken as it is, and no service has the host reviews.default\n  write `reviews.default.svc.cluster.local`",
    ]);
  });

  test("hosts of ServiceEntries count, wildcards too", () => {
    const entry =
      "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: out}\nspec: {hosts: ['*.example.com'], ports: [{number: 443, name: tls, protocol: TLS}]}\n";
    assert.deepEqual(told(routing("{host: api.example.com}"), entry), []);
  });

  test("a port the service does not have is an error", () => {
    assert.deepEqual(told(routing("{host: reviews, port: {number: 9080}}"), service("reviews")), [
      "f1:8:55: error: spec.http[0].route[0].destination.port.number: reviews.default.svc.cluster.local has no port 9080\n  its ports: 80, 81",
    ]);
  });

  test("a subset that the DestinationRule does not define is an error with the one probably meant", () => {
    const both = `${service("reviews")}---\n${rule("[{name: canary}, {name: stable}]")}`;
    assert.deepEqual(told(routing("{host: reviews, subset: cannary}"), both), [
      "f1:8:48: error: spec.http[0].route[0].destination.subset: no DestinationRule defines the subset cannary of reviews.default.svc.cluster.local\n  did you mean `canary`?",
    ]);
  });

  test("a subset without any DestinationRule is a warning", () => {
    assert.deepEqual(told(routing("{host: reviews, subset: v1}"), service("reviews")), [
      "f1:8:48: warning: spec.http[0].route[0].destination.subset: no DestinationRule among these files defines subsets of reviews.default.svc.cluster.local",
    ]);
  });

  test("mirrors are destinations too", () => {
    const found = told(routing("{host: reviews}", "      mirror: {host: ghost}\n"), service("reviews"));
    assert.match(found.join("\n"), /^f1:9:22: warning: spec\.http\[0\]\.mirror\.host: no Service/);
  });

  test("a Gateway that is not there is a warning; one without the host an error", () => {
    const gateway =
      "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: entry}\nspec: {servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [shop.example.com]}]}\n";
    const bound = (name: string) => routing("{host: reviews}", `  gateways: [mesh, ${name}]\n`);
    const both = `${service("reviews")}---\n${gateway}`;
    assert.deepEqual(told(bound("entri"), both), [
      "f1:9:20: warning: spec.gateways[1]: no Gateway default/entri is among these files\n  did you mean `entry`?",
    ]);
    assert.deepEqual(told(bound("entry"), both), [
      "f1:9:20: error: spec.gateways[1]: no server of the Gateway default/entry has one of the hosts reviews\n  its hosts: shop.example.com",
    ]);
  });

  test("a subset whose labels no pod of the service has is a warning", () => {
    const both = `${service("reviews", ", selector: {app: reviews}")}---\n${pod("", "{app: reviews, version: v1}")}`;
    assert.deepEqual(told(rule("[{name: v2, labels: {version: v2}}]"), both), [
      "f1:6:42: warning: spec.subsets[0].labels.version: no pod of reviews.default.svc.cluster.local has the label version=v2, so the subset v2 is empty\n  its pods have version: v1",
    ]);
  });

  test("a Service that selects nothing is a warning with the labels there are", () => {
    assert.deepEqual(told(service("web", ", selector: {app: wep}"), pod("")), [
      "f1:4:76: warning: spec.selector: no Pod or Deployment among these files in the namespace default has the labels app=wep\n  there are app=web",
    ]);
  });

  test("a Service selects the pods a Deployment will make", () => {
    const deployment =
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: x}]}}\n";
    assert.deepEqual(told(service("web", ", selector: {app: web}"), deployment), []);
  });

  test("a targetPort that names no port of the pods is an error", () => {
    const web =
      "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: htpp}]}\n";
    assert.deepEqual(told(web, pod(", ports: [{containerPort: 80, name: http}]")), [
      "f1:4:61: error: spec.ports[0].targetPort: no container it selects names a port htpp\n  their ports: http",
    ]);
  });

  test("a ServiceAccount, ConfigMap or Secret that is not there is a warning, unless it is optional", () => {
    const spec =
      ", envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: key, optional: true}}]}]\n  serviceAccountName: wbe\n  volumes: [{name: v, secret: {secretName: certificates}";
    const account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n";
    assert.deepEqual(told(pod(spec), account), [
      "f1:6:23: warning: spec.serviceAccountName: no ServiceAccount wbe is among these files in the namespace default; the pod waits until there is one\n  did you mean `web`?",
      "f1:7:44: warning: spec.volumes[0].secret.secretName: no Secret certificates is among these files in the namespace default; the pod waits until there is one",
      "f1:5:70: warning: spec.containers[0].envFrom[0].configMapRef.name: no ConfigMap settings is among these files in the namespace default; the pod waits until there is one",
    ]);
  });

  test("a key that the ConfigMap does not have is an error", () => {
    const spec = ", env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: colour}}}]";
    const settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {color: red}\n";
    assert.deepEqual(told(pod(spec), settings), [
      "f1:5:105: error: spec.containers[0].env[0].valueFrom.configMapKeyRef.key: the ConfigMap settings has no key colour\n  did you mean `color`?",
    ]);
  });

  test("a namespace that is not there is told once", () => {
    const inShop = (name: string) => service(name).replace("{name:", "{namespace: shop, name:");
    assert.deepEqual(told(inShop("a"), inShop("b")), [
      "f1:3:23: warning: metadata.namespace: no Namespace shop is among these files\n  `kubectl create namespace shop`",
    ]);
  });

  test("a binding to a role that is not there is a warning; the roles every cluster has are there", () => {
    const binding = (kind: string, name: string) =>
      `apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ${kind}, name: ${name}}\n`;
    assert.deepEqual(told(binding("ClusterRole", "view"), service("a")), []);
    assert.deepEqual(told(binding("Role", "reader"), service("a")), [
      "f1:4:66: warning: roleRef.name: no Role reader is among these files",
    ]);
  });

  test("objects that are wrong in themselves harm nothing", () => {
    const broken =
      "apiVersion: v1\nkind: Service\nmetadata: {name: 5, namespace: []}\nspec: {selector: [1], ports: {a: b}}\n";
    const other =
      "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v}\nspec: {hosts: 1, gateways: {}, http: [7, {route: [null, {destination: 5}]}]}\n";
    assert.deepEqual(told(broken, other), []);
  });
});
