/** The real kubectl, two versions of it, against the API: what it prints is what it prints against Kubernetes. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { after, before, describe, test } from "node:test";
import { kinds } from "../src/model/index.ts";
import { localClient } from "../src/api/index.ts";
import { kubectlVersions } from "../tools/test/kubectl.ts";
import { KubeApi } from "./kube-api.ts";
import { until } from "./weft.ts";

const deployment = (name: string, replicas: number | string = 2) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, labels: {app: ${name}}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: main, image: shop/web:1, ports: [{containerPort: 80}]}]}
`;
const routing = (name: string, weight: number) => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}}
spec:
  hosts: [${name}]
  http:
    - route:
        - {destination: {host: ${name}, subset: v1}, weight: ${weight}}
        - {destination: {host: ${name}, subset: v2}, weight: ${100 - weight}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ${name}}
spec: {host: ${name}, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}
`;

for (const version of kubectlVersions) {
  describe(`kubectl 1.${version}`, () => {
    let kube: KubeApi;
    before(async () => void (kube = await KubeApi.start(version)));
    after(() => kube.close());

    test("asks for versions, resources and itself", async () => {
      assert.match(await kube.ok(["version"]), /Server Version: v1\.34\./);
      const versions = await kube.ok(["api-versions"]);
      for (const name of ["v1", "apps/v1", "networking.istio.io/v1", "networking.istio.io/v1beta1"])
        assert.ok(versions.split("\n").includes(name), versions);
      const resources = await kube.ok(["api-resources"]);
      assert.match(resources, /^virtualservices +vs +networking\.istio\.io\/v1 +true +VirtualService$/m);
      assert.match(resources, /^deployments +deploy +apps\/v1 +true +Deployment$/m);
      assert.equal(await kube.ok(["auth", "can-i", "create", "pods"]), "yes\n");
      assert.match(await kube.ok(["auth", "whoami"]), /^Username +weft$/m);
    });

    test("explains kinds and fields", async () => {
      assert.match(await kube.ok(["explain", "deployment.spec.replicas"]), /FIELD: replicas <integer>/);
      assert.match(await kube.ok(["explain", "vs.spec.http.route"]), /weight\t<integer>/);
    });

    test("creates what its typed clients send as protobuf", async () => {
      const created = async (args: string, said: string) =>
        assert.equal(await kube.ok(["create", ...args.split(" ")]), `${said} created\n`);
      const role = "rbac.authorization.k8s.io";
      await created("namespace made", "namespace/made");
      await created("configmap made --from-literal=a=b", "configmap/made");
      await created("secret generic made --from-literal=p=q", "secret/made");
      await created("serviceaccount made", "serviceaccount/made");
      await created("role made --verb=get,list --resource=pods", `role.${role}/made`);
      await created("clusterrole made --verb=get --resource=deployments.apps", `clusterrole.${role}/made`);
      await created("rolebinding made --role=made --serviceaccount=default:made", `rolebinding.${role}/made`);
      await created("clusterrolebinding made --clusterrole=made --user=me", `clusterrolebinding.${role}/made`);
      await created("deployment made --image=shop/d:1 --replicas=3 --port=8080", "deployment.apps/made");
      await created("service clusterip made --tcp=80:http", "service/made");
      await created("service externalname out --external-name=a.test", "service/out");
      const show = (what: string, path: string) => kube.ok(["get", ...what.split(" "), `-o=jsonpath={${path}}`]);
      assert.equal(await show("configmap made", ".data"), '{"a":"b"}');
      assert.equal(await show("secret made", ".data.p"), Buffer.from("q").toString("base64"));
      assert.equal(await show("role made", ".rules[0].verbs"), '["get","list"]');
      assert.equal(await show("rolebinding made", ".subjects[0].name"), "made");
      assert.equal(await show("deploy made", ".spec.replicas"), "3");
      assert.equal(await show("deploy made", ".spec.template.spec.containers[0].ports[0].containerPort"), "8080");
      assert.equal(await show("service made", ".spec.ports[0].targetPort"), "http");
      assert.equal(
        await kube.refused(["create", "namespace", "made"]),
        'Error from server (AlreadyExists): namespaces "made" already exists\n',
      );
    });

    test("applies: created, unchanged, configured, for built-in and custom kinds", async () => {
      const apply = (text: string, ...more: string[]) => kube.ok(["apply", ...more, "-f", "-"], text);
      const said = (name: string, one: string, two = one) =>
        `virtualservice.networking.istio.io/${name} ${one}\ndestinationrule.networking.istio.io/${name} ${two}\n`;
      assert.equal(await apply(deployment("applied")), "deployment.apps/applied created\n");
      assert.equal(await apply(deployment("applied")), "deployment.apps/applied unchanged\n");
      assert.equal(await apply(deployment("applied", 4)), "deployment.apps/applied configured\n");
      assert.equal(await apply(routing("applied", 80)), said("applied", "created"));
      assert.equal(await apply(routing("applied", 80)), said("applied", "unchanged"));
      const dryRun = await apply(routing("applied", 50), "--dry-run=server");
      assert.equal(dryRun, said("applied", "configured (server dry run)", "unchanged (server dry run)"));
      const diff = await kube.kubectl(["diff", "-f", "-"], { input: routing("applied", 20) });
      assert.equal(diff.code, 1);
      assert.match(diff.stdout, /^-\s+weight: 80\n\+\s+weight: 20$/m);
      assert.equal(await apply(routing("applied", 20)), said("applied", "configured", "unchanged"));
      const weights = ["get", "vs", "applied", "-o=jsonpath={.spec.http[0].route[*].weight}"];
      assert.equal(await kube.ok(weights), "20 80");
    });

    test("a field taken out of the file is taken out of the object", async () => {
      const text = (data: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: pruned}\ndata: ${data}\n`;
      await kube.ok(["apply", "-f", "-"], text("{a: '1', b: '2'}"));
      await kube.ok(["apply", "-f", "-"], text("{b: '2'}"));
      assert.equal(await kube.ok(["get", "cm", "pruned", "-o=jsonpath={.data}"]), '{"b":"2"}');
    });

    test("creates from files, and says what it could not", async () => {
      const file = kube.file(
        "all.yaml",
        `${deployment("filed")}---\napiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: prometheus-ui, namespace: monitoring}\n`,
      );
      const { code, stdout, stderr } = await kube.kubectl(["create", "-f", file]);
      assert.deepEqual([code, stdout], [1, "deployment.apps/filed created\n"]);
      assert.equal(
        stderr,
        'error: resource mapping not found for name: "prometheus-ui" namespace: "monitoring" from "all.yaml": no matches for kind "Ingress" in version "extensions/v1beta1"\nensure CRDs are installed first\n',
      );
    });

    test("gets tables, wide ones, YAML, labels, fields and all namespaces", async () => {
      await kube.ok(["create", "namespace", "shop"]);
      await kube.ok(["run", "one", "--image=shop/p:1", "--labels=tier=front"]);
      await kube.ok(["run", "two", "--image=shop/p:1", "-n", "shop"]);
      const get = (...args: string[]) => kube.ok(["get", ...args]);
      assert.match(await get("pods"), /^NAME +READY +STATUS +RESTARTS +AGE\none +0\/1 +Pending +0 +\d+s\n$/);
      assert.match(await get("pod", "one", "-o", "wide"), /^NAME .* IP +NODE +NOMINATED NODE +READINESS GATES\n/);
      assert.match(await get("pods", "-A"), /^NAMESPACE +NAME [^]*^default +one [^]*^shop +two /m);
      assert.match(await get("pod", "one", "-o", "yaml"), /^apiVersion: v1\nkind: Pod\nmetadata:\n/);
      assert.equal(await get("pods", "-A", "-l", "tier in (front,back)", "-o", "name"), "pod/one\n");
      assert.equal(await get("pods", "-A", "--field-selector", "metadata.name=two", "-o", "name"), "pod/two\n");
      assert.match(await get("pods", "--show-labels"), /tier=front\n$/);
      assert.match(await get("all"), /^pod\/one /m);
      assert.match(await get("pods", "-A", "--sort-by=.metadata.namespace"), /^default +one [^]*^shop +two /m);
      assert.match(await get("gw,se", "-A"), /^$/);
    });

    test("says when there is nothing", async () => {
      const { code, stdout, stderr } = await kube.kubectl(["get", "pods", "-n", "kube-public"]);
      assert.deepEqual([code, stdout, stderr], [0, "", "No resources found in kube-public namespace.\n"]);
    });

    test("watches", async () => {
      const watch = kube.follow(["get", "cm", "-w", "-n", "shop", "--output-watch-events"]);
      await kube.ok(["create", "configmap", "watched", "-n", "shop"]);
      await until(() => /^ADDED +watched +0 /m.test(watch.output()), 10_000);
      await kube.ok(["patch", "cm", "watched", "-n", "shop", "-p", '{"data":{"a":"b"}}']);
      await kube.ok(["delete", "cm", "watched", "-n", "shop"]);
      await until(() => /^MODIFIED +watched +1 [^]*^DELETED +watched /m.test(watch.output()), 10_000);
      await watch.stop();
      assert.equal(watch.output().match(/NAME/g)?.length, 1);
    });

    test("labels, annotates, patches, sets and scales", async () => {
      await kube.ok(["apply", "-f", "-"], deployment("changed"));
      assert.equal(await kube.ok(["label", "deploy", "changed", "tier=front"]), "deployment.apps/changed labeled\n");
      assert.equal(await kube.ok(["label", "deploy", "changed", "tier-"]), "deployment.apps/changed unlabeled\n");
      assert.equal(await kube.ok(["annotate", "deploy", "changed", "note=x"]), "deployment.apps/changed annotated\n");
      const replicas = () => kube.ok(["get", "deploy", "changed", "-o=jsonpath={.spec.replicas}"]);
      const patch = (type: string, body: string) =>
        kube.ok(["patch", "deploy", "changed", `--type=${type}`, "-p", body]);
      for (const [type, body, wanted] of [
        ["strategic", '{"spec":{"replicas":3}}', "3"],
        ["merge", '{"spec":{"replicas":4}}', "4"],
        ["json", '[{"op":"replace","path":"/spec/replicas","value":5}]', "5"],
      ] as const) {
        assert.equal(await patch(type, body), "deployment.apps/changed patched\n");
        assert.equal(await replicas(), wanted);
      }
      assert.equal(await kube.ok(["scale", "deploy", "changed", "--replicas=0"]), "deployment.apps/changed scaled\n");
      assert.equal(await replicas(), "0");
      assert.equal(
        await kube.ok(["scale", "deploy", "changed", "--current-replicas=0", "--replicas=2"]),
        "deployment.apps/changed scaled\n",
      );
      assert.equal(await replicas(), "2");
      await kube.ok(["set", "image", "deploy/changed", "main=shop/web:2"]);
      await kube.ok(["rollout", "restart", "deploy/changed"]);
      assert.equal(await kube.ok(["get", "deploy", "changed", "-o=jsonpath={..containers[0].image}"]), "shop/web:2");
    });

    test("describes", async () => {
      await kube.ok(["apply", "-f", "-"], `${deployment("told")}---\n${routing("told", 50)}`);
      await kube.ok(["expose", "deployment", "told", "--port=80"]);
      await kube.ok(["run", "told", "--image=shop/p:1"]);
      const describe = (...args: string[]) => kube.ok(["describe", ...args]);
      assert.match(await describe("pod", "told"), /^Name: +told\n[^]*Image: +shop\/p:1\n/);
      assert.match(await describe("deployment", "told"), /^Replicas: +2 desired \| /m);
      assert.match(await describe("service", "told"), /^IP: +10\.96\.\d+\.\d+$/m);
      assert.match(await describe("virtualservice", "told"), /^Kind: +VirtualService\n[^]*Weight: +50\n/m);
      assert.match(await describe("namespace", "default"), /^Status: +Active$/m);
    });

    test("waits for a rollout, a condition and an end", async () => {
      await kube.ok(["apply", "-f", "-"], deployment("rolled", 1));
      const rollout = kube.kubectl(["rollout", "status", "deploy/rolled", "--timeout=20s"]);
      const ready = kube.kubectl(["wait", "--for=condition=Available", "deploy/rolled", "--timeout=20s"]);
      const client = localClient(kube.api);
      const name = { namespace: "default", name: "rolled" };
      await new Promise((resolve) => setTimeout(resolve, 300));
      const found = await client.get(kinds.Deployment, name);
      assert.ok(found);
      const counts = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
      const conditions = [{ type: "Available", status: "True" as const }];
      const status = { observedGeneration: found.metadata.generation ?? 0, ...counts, conditions };
      await client.replaceStatus(kinds.Deployment, { ...found, status });
      assert.match((await rollout).stdout, /deployment "rolled" successfully rolled out\n$/);
      assert.equal((await ready).stdout, "deployment.apps/rolled condition met\n");
      const gone = kube.kubectl(["wait", "--for=delete", "deploy/rolled", "--timeout=20s"]);
      await kube.ok(["delete", "deploy", "rolled"]);
      assert.equal((await gone).code, 0);
      const late = await kube.refused(["rollout", "status", "deploy/told", "--timeout=1s"]);
      assert.equal(late, "error: timed out waiting for the condition\n");
    });

    test("deletes one, several, by label and a namespace", async () => {
      await kube.ok(["run", "doomed", "--image=x", "--labels=doomed=yes"]);
      assert.match(await kube.ok(["delete", "pod", "doomed"]), /^pod "doomed" deleted/);
      for (const name of ["d1", "d2"]) await kube.ok(["create", "configmap", name, "-n", "shop"]);
      assert.match(await kube.ok(["delete", "cm", "--all", "-n", "shop"]), /"d1" deleted[^]*"d2" deleted/);
      await kube.ok(["create", "namespace", "empty"]);
      assert.equal(await kube.ok(["delete", "namespace", "empty"]), 'namespace "empty" deleted\n');
      assert.equal(await kube.ok(["delete", "pod", "nobody", "--ignore-not-found"]), "");
    });

    test("errors are in Kubernetes' words", async () => {
      const apply = (text: string) => kube.refused(["apply", "-f", "-"], text);
      assert.equal(await kube.refused(["get", "pod", "nope"]), 'Error from server (NotFound): pods "nope" not found\n');
      assert.equal(
        await kube.refused(["create", "-n", "nowhere", "configmap", "a"]),
        'error: failed to create configmap: namespaces "nowhere" not found\n',
      );
      assert.equal(await kube.refused(["get", "nosuch"]), 'error: the server doesn\'t have a resource type "nosuch"\n');
      const misspelt = deployment("wrong").replace("replicas:", "replica:");
      assert.match(
        await apply(misspelt),
        /^Error from server \(BadRequest\): .*Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec\.replica"\n$/,
      );
      assert.equal(
        await apply(deployment("wrong", "two")),
        'The Deployment "wrong" is invalid: spec.replicas: found the string "two", want a whole number\n',
      );
      const moved = deployment("told").replaceAll("app: told", "app: other");
      assert.match(await apply(moved), /spec\.selector: Invalid value: .*: field is immutable\n$/);
      const unsure = await kube.kubectl(["apply", "--validate=warn", "-f", "-"], { input: misspelt });
      assert.deepEqual([unsure.code, unsure.stderr], [0, 'Warning: unknown field "spec.replica"\n']);
    });

    test("what a namespace that ends refuses is Forbidden", async () => {
      await kube.ok(["create", "namespace", "ending"]);
      await kube.ok(["create", "configmap", "keeps", "-n", "ending"]);
      await kube.ok(["delete", "namespace", "ending", "--wait=false"]);
      assert.equal(
        await kube.refused(["run", "late", "-n", "ending", "--image=x"]),
        'Error from server (Forbidden): pods "late" is forbidden: unable to create new content in namespace ending because it is being terminated\n',
      );
    });

    test("a field that is not acted on yet is a warning when it is applied", async () => {
      const rule =
        "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: warned}\nspec: {host: a, trafficPolicy: {outlierDetection: {interval: 1s}}}\n";
      const { code, stderr } = await kube.kubectl(["apply", "-f", "-"], { input: rule });
      assert.equal(code, 0);
      assert.match(stderr, /^Warning: spec\.trafficPolicy\.outlierDetection: understood, but not yet acted on/);
    });

    test("who does not know the token is refused", async () => {
      const { code, stderr } = await kube.kubectl(["get", "pods"], { as: "kubeconfig-of-a-stranger" });
      assert.deepEqual([code, stderr], [1, "error: You must be logged in to the server (Unauthorized)\n"]);
    });

    test("a body of more than 3 MB is refused", async () => {
      const file = kube.file("large", "x".repeat(3 * 1024 * 1024 + 1));
      assert.match(
        await kube.refused(["create", "configmap", "large", `--from-file=${file}`]),
        /Request entity too large: limit is 3145728\n$/,
      );
    });

    test("it listens on loopback only", async () => {
      const { port } = new URL(kube.url);
      const others = Object.values(networkInterfaces())
        .flatMap((addresses) => addresses ?? [])
        .filter(({ internal, family }) => !internal && family === "IPv4");
      const reached = (host: string) =>
        new Promise<boolean>((resolve) => {
          const socket = connect(Number(port), host, () => resolve(true));
          socket.on("error", () => resolve(false));
          socket.on("close", () => socket.destroy());
          setTimeout(() => socket.destroy(), 1000).unref();
        });
      assert.equal(await reached("127.0.0.1"), true);
      for (const { address } of others) assert.equal(await reached(address), false, address);
    });
  });
}
