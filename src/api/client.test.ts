import assert from "node:assert/strict";
import { request } from "node:https";
import { describe, test } from "node:test";
import { codeOf } from "../base/index.ts";
import { createCa, issueServerCertificate } from "../identity/index.ts";
import { kinds } from "../model/index.ts";
import { openMemoryStore } from "../store/index.ts";
import { createApi } from "./api.ts";
import { bootstrap } from "./bootstrap.ts";
import { clientContract, configMap } from "./client-contract.ts";
import { remoteClient } from "./client/index.ts";
import type { LogRequest } from "./http/logs.ts";
import { serveApi, type ServeOptions } from "./http/server.ts";
import { kubeconfig } from "./kubeconfig.ts";
import { localClient } from "./local-client.ts";

const ca = createCa();
const tls = issueServerCertificate(ca, { names: ["localhost"], addresses: ["127.0.0.1"] });
const token = "a-token-for-tests";

async function openApi() {
  const store = openMemoryStore({ historyLength: 50 });
  const api = createApi({ store });
  await bootstrap(api);
  return { api, store };
}

async function openServer(options: Partial<ServeOptions> = {}) {
  const { api, store } = await openApi();
  const server = await serveApi(api, { port: 0, tls, token, ...options });
  const client = remoteClient({ kubeconfig: kubeconfig({ server: server.url, caPem: ca.certificate, token }) });
  const close = async () => {
    client.close();
    await server.close();
    await store.close();
  };
  return { api, server, client, close };
}

clientContract("local", async () => {
  const { api, store } = await openApi();
  return { client: localClient(api), close: () => store.close() };
});
clientContract("remote", openServer);

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly warning: string | undefined;
  readonly text: string;
}

interface AskOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

function ask(url: string, path: string, { method = "GET", headers = {}, body }: AskOptions = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      new URL(path, url),
      { method, ca: ca.certificate, agent: false, headers: { authorization: `Bearer ${token}`, ...headers } },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () => {
          const { "content-type": type = "", warning } = response.headers;
          const texts: unknown = warning;
          resolve({
            status: response.statusCode ?? 0,
            type,
            warning: typeof texts === "string" ? texts : undefined,
            text,
          });
        });
        response.on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

describe("the API over HTTPS", () => {
  const withServer =
    (run: (server: Awaited<ReturnType<typeof openServer>>) => Promise<void>, options?: Partial<ServeOptions>) =>
    async () => {
      const opened = await openServer(options);
      try {
        await run(opened);
      } finally {
        await opened.close();
      }
    };
  const json = (reply: Reply) => JSON.parse(reply.text) as Record<string, unknown>;
  const configMaps = "/api/v1/namespaces/default/configmaps";

  test(
    "is for those who know the token, but for health",
    withServer(async ({ server: { url } }) => {
      for (const authorization of ["", "Bearer wrong", `Basic ${token}`]) {
        const reply = await ask(url, "/api/v1/pods", { headers: { authorization } });
        assert.equal(reply.status, 401);
        assert.equal(json(reply)["reason"], "Unauthorized");
      }
      assert.equal((await ask(url, "/healthz", { headers: { authorization: "" } })).text, "ok");
      assert.equal((await ask(url, "/readyz")).status, 200);
    }),
  );

  test(
    "an unknown path answers text, an unknown version of a kind too",
    withServer(async ({ server: { url } }) => {
      for (const path of [
        "/nope",
        "/apis/extensions/v1beta1/ingresses",
        "/api/v1/namespaces/a/b/c/d/e",
        "/api/v1/pods/%zz",
      ]) {
        const reply = await ask(url, path);
        assert.deepEqual([reply.status, reply.text], [404, "404 page not found\n"], path);
      }
    }),
  );

  test(
    "takes YAML, refuses protobuf of kinds it cannot read, junk, and what is too large",
    withServer(async ({ server: { url } }) => {
      const post = (type: string, body: string) =>
        ask(url, configMaps, { method: "POST", headers: { "content-type": type }, body });
      const made = await post("application/yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
      assert.equal(made.status, 201);
      assert.equal((await post("application/vnd.kubernetes.protobuf", "k8s\0x")).status, 400);
      const ingress = "k8s\0\n\x0d\n\x02v1\x12\x07Ingress";
      assert.equal((await post("application/vnd.kubernetes.protobuf", ingress)).status, 415);
      assert.equal((await post("application/json", "{")).status, 400);
      assert.equal((await post("application/json", "[]")).status, 400);
      const large = await post("application/json", " ".repeat(3 * 1024 * 1024 + 1));
      assert.deepEqual([large.status, json(large)["reason"]], [413, "RequestEntityTooLarge"]);
    }),
  );

  test(
    "strict decoding names every unknown field",
    withServer(async ({ server: { url } }) => {
      const body = JSON.stringify({ ...configMap("a"), dta: {}, metadata: { name: "a", lables: {} } });
      const strict = await ask(url, `${configMaps}?fieldValidation=Strict`, { method: "POST", body });
      assert.equal(strict.status, 400);
      assert.equal(
        json(strict)["message"],
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "metadata.lables", unknown field "dta"',
      );
      const warned = await ask(url, configMaps, { method: "POST", body });
      assert.equal(warned.status, 201);
      assert.equal(warned.warning, '299 - "unknown field \\"metadata.lables\\"", 299 - "unknown field \\"dta\\""');
    }),
  );

  test(
    "a list in pages shows one version, whatever happens in between",
    withServer(async ({ client, server: { url } }) => {
      for (const name of ["a", "b", "c", "d", "e"]) await client.create(kinds.ConfigMap, configMap(name));
      const page = async (query: string) => {
        const { items, metadata } = json(await ask(url, `${configMaps}?limit=2${query}`)) as {
          items: { metadata: { name: string } }[];
          metadata: { continue?: string; remainingItemCount?: number; resourceVersion: string };
        };
        return { names: items.map((item) => item.metadata.name), ...metadata };
      };
      const first = await page("");
      assert.deepEqual([first.names, first.remainingItemCount], [["a", "b"], 3]);
      await client.delete(kinds.ConfigMap, { namespace: "default", name: "c" });
      await client.create(kinds.ConfigMap, configMap("bb"));
      const second = await page(`&continue=${first.continue ?? ""}`);
      assert.deepEqual([second.names, second.resourceVersion], [["c", "d"], first.resourceVersion]);
      const third = await page(`&continue=${second.continue ?? ""}`);
      assert.deepEqual([third.names, third.continue], [["e"], undefined]);
      for (let index = 0; index < 120; index += 1) await client.create(kinds.ConfigMap, configMap(`x${index}`));
      assert.equal((await ask(url, `${configMaps}?limit=2&continue=${first.continue ?? ""}`)).status, 410);
      assert.equal((await ask(url, `${configMaps}?continue=junk`)).status, 400);
    }),
  );

  test(
    "tables carry the columns and as much of the object as asked",
    withServer(async ({ client, server: { url } }) => {
      await client.create(kinds.ConfigMap, configMap("a", { x: "1" }));
      const table = async (query: string) => {
        const headers = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" };
        return json(await ask(url, configMaps + query, { headers })) as {
          kind: string;
          columnDefinitions: { name: string; priority: number }[];
          rows: { cells: unknown[]; object?: { kind: string; data?: object } }[];
        };
      };
      const plain = await table("");
      assert.equal(plain.kind, "Table");
      assert.equal(plain.columnDefinitions[0]?.name, "Name");
      assert.equal(plain.rows[0]?.cells[0], "a");
      assert.equal(plain.rows[0]?.object?.kind, "PartialObjectMetadata");
      assert.deepEqual((await table("?includeObject=Object")).rows[0]?.object?.data, { x: "1" });
      assert.equal((await table("?includeObject=None")).rows[0]?.object, undefined);
    }),
  );

  test(
    "the initial events of a watch end with a bookmark that says so",
    withServer(async ({ client, server: { url } }) => {
      await client.create(kinds.ConfigMap, configMap("a"));
      const query = "?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
      const { text } = await ask(url, `${configMaps}${query}&timeoutSeconds=1`);
      const events = text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { type: string; object: { metadata: { annotations?: object } } });
      assert.deepEqual(
        events.map(({ type }) => type),
        ["ADDED", "BOOKMARK"],
      );
      assert.deepEqual(events[1]?.object.metadata.annotations, { "k8s.io/initial-events-end": "true" });
    }),
  );

  test(
    "discovery is aggregated for those who ask so, and in separate lists for others",
    withServer(async ({ server: { url } }) => {
      for (const version of ["v2", "v2beta1"]) {
        const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
        const reply = await ask(url, "/apis", { headers: { accept: `${type},application/json` } });
        assert.equal(reply.type, type);
        assert.equal(json(reply)["apiVersion"], `apidiscovery.k8s.io/${version}`);
      }
      assert.deepEqual(json(await ask(url, "/api"))["versions"], ["v1"]);
      assert.equal(json(await ask(url, "/apis"))["kind"], "APIGroupList");
      assert.equal(json(await ask(url, "/apis/apps"))["kind"], "APIGroup");
      const resources = json(await ask(url, "/api/v1"))["resources"] as { name: string }[];
      assert.ok(["pods", "pods/status", "pods/log"].every((name) => resources.some((each) => each.name === name)));
      assert.equal((await ask(url, "/apis/apps/v9")).status, 404);
    }),
  );

  test(
    "an object is served in every version of its kind",
    withServer(async ({ server: { url } }) => {
      const spec = { hosts: ["a.test"], http: [{ route: [{ destination: { host: "a.test" } }] }] };
      const body = (version: string) =>
        JSON.stringify({
          apiVersion: `networking.istio.io/${version}`,
          kind: "VirtualService",
          metadata: { name: "a" },
          spec,
        });
      const at = (version: string) => `/apis/networking.istio.io/${version}/namespaces/default/virtualservices`;
      const made = await ask(url, at("v1alpha3"), { method: "POST", body: body("v1alpha3") });
      assert.equal(json(made)["apiVersion"], "networking.istio.io/v1alpha3", made.text);
      assert.equal(json(await ask(url, `${at("v1")}/a`))["apiVersion"], "networking.istio.io/v1");
    }),
  );

  const asked: Omit<LogRequest, "signal">[] = [];
  test(
    "logs come from their provider, as asked",
    withServer(
      async ({ client, server: { url } }) => {
        const containers = [{ name: "main", image: "shop/web:1" }];
        await client.create(kinds.Pod, {
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name: "a" },
          spec: { containers },
        });
        const path = "/api/v1/namespaces/default/pods/a/log";
        const reply = await ask(url, `${path}?tailLines=2&timestamps=true&sinceTime=2024-01-01T00:00:00Z`);
        assert.deepEqual([reply.status, reply.text], [200, "one\ntwo\n"]);
        const { uid, ...rest } = asked[0] ?? {};
        assert.ok(uid);
        assert.deepEqual(rest, {
          namespace: "default",
          pod: "a",
          container: "main",
          follow: false,
          previous: false,
          timestamps: true,
          tailLines: 2,
          sinceTime: Date.UTC(2024, 0, 1),
        });
        assert.equal((await ask(url, `${path}?container=other`)).status, 400);
        assert.equal((await ask(url, path.replace("/a/", "/b/"))).status, 404);
      },
      {
        async *logs({ signal: _signal, ...request }) {
          asked.push(request);
          yield Buffer.from("one\n");
          yield Buffer.from("two\n");
        },
      },
    ),
  );

  test(
    "bodies too deep and numbers that are none are refused, not stumbled over",
    withServer(async ({ client, server: { url } }) => {
      await client.create(kinds.ConfigMap, configMap("a"));
      const body = `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`;
      for (const type of ["merge-patch", "strategic-merge-patch", "json-patch"]) {
        const headers = { "content-type": `application/${type}+json` };
        const reply = await ask(url, `${configMaps}/a`, { method: "PATCH", headers, body });
        assert.equal(reply.status, 400, type);
      }
      assert.equal((await ask(url, configMaps, { method: "POST", body })).status, 400);
      for (const query of [
        "limit=-1",
        "limit=x",
        "resourceVersionMatch=Exact&resourceVersion=x",
        "watch=1&timeoutSeconds=-1",
      ])
        assert.equal((await ask(url, `${configMaps}?${query}`)).status, 400, query);
    }),
  );

  test(
    "a taken port is said in one sentence",
    withServer(async ({ api, server }) => {
      await assert.rejects(serveApi(api, { port: server.port, tls, token }), (error) => codeOf(error) === "port-taken");
    }),
  );

  test("a server that is not there is said in one sentence", async () => {
    const client = remoteClient({ server: "https://127.0.0.1:1", ca: ca.certificate, token });
    await assert.rejects(client.list(kinds.Pod), (error) => codeOf(error) === "api-unreachable");
  });
});
