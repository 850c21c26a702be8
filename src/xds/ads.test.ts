import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { CarriedChannel, Multiplexer } from "./channel.ts";
import { AdsClient, type Refusal, type ResourceChange } from "./client.ts";
import type { DeltaRequest, DeltaResponse, Node, ResourceKind, ResourceSet } from "./discovery.ts";
import { typeUrls } from "./discovery.ts";
import { noResources, pushOrder } from "./order.ts";
import { AdsServer } from "./server.ts";
import { versionOf } from "./version.ts";

const node: Node = {
  id: "sidecar~10.244.0.7~a.default~default.svc.cluster.local",
  cluster: "a.default",
  metadata: {
    NAME: "a",
    NAMESPACE: "default",
    WORKLOAD_NAME: "a",
    SERVICE_ACCOUNT: "a",
    CLUSTER_ID: "Kubernetes",
    MESH_ID: "cluster.local",
    LABELS: {},
    INSTANCE_IPS: "10.244.0.7",
    MESHED: true,
  },
};

type Plain = Partial<Record<ResourceKind, Readonly<Record<string, unknown>>>>;

function setOf(plain: Plain): ResourceSet {
  const entries = pushOrder.map((kind) => [kind, new Map(Object.entries(plain[kind] ?? {}))]);
  return { ...noResources, ...Object.fromEntries(entries) } as ResourceSet;
}

/** Two ends whose messages wait until `run` carries them, so that a test decides what overtakes what. */
function pipe() {
  const queue: (() => void)[] = [];
  const log: DeltaResponse[] = [];
  const requests: DeltaRequest[] = [];
  const copy = (message: unknown): unknown => JSON.parse(JSON.stringify(message));
  const server = new CarriedChannel((message) => {
    log.push(message as DeltaResponse);
    queue.push(() => client.deliver(copy(message)));
  });
  const client = new CarriedChannel((message) => {
    requests.push(message as DeltaRequest);
    queue.push(() => server.deliver(copy(message)));
  });
  return {
    server,
    client,
    log,
    requests,
    run(count = Infinity) {
      for (let done = 0; done < count; done += 1) {
        const next = queue.shift();
        if (!next) return;
        next();
      }
    },
    cut() {
      queue.length = 0;
      server.close();
      client.close();
    },
  };
}

function holder(refuse: (name: string, resource: unknown) => string | undefined = () => undefined) {
  const changes: ResourceChange[] = [];
  const client = new AdsClient({
    node,
    apply(change) {
      changes.push(change);
      return [...change.changed].flatMap(([name, resource]): Refusal[] => {
        const reason = refuse(name, resource);
        return reason === undefined ? [] : [{ name, reason }];
      });
    },
  });
  return { client, changes };
}

const held = (client: AdsClient): Plain =>
  Object.fromEntries(pushOrder.map((kind) => [kind, Object.fromEntries(client.resources(kind))]));
const plainOf = (set: ResourceSet): Plain =>
  Object.fromEntries(pushOrder.map((kind) => [kind, Object.fromEntries(set[kind])]));

function connected(server: AdsServer, client: AdsClient) {
  const link = pipe();
  server.connect(link.server);
  client.connect(link.client);
  return link;
}

describe("delta ADS", () => {
  test("a client holds what the server was given, and is ready when every kind was answered, even with nothing", () => {
    const server = new AdsServer();
    const { client } = holder();
    const link = connected(server, client);
    link.run();
    assert.equal(client.ready, false);
    server.setResources(node.id, setOf({ cluster: { a: { name: "a" } } }));
    link.run();
    assert.equal(client.ready, true);
    assert.deepEqual(held(client).cluster, { a: { name: "a" } });
    assert.equal(server.synced(node.id), true);
  });

  test("only changed resources are sent; the version is the hash of the content", () => {
    const server = new AdsServer();
    const { client } = holder();
    const link = connected(server, client);
    server.setResources(node.id, setOf({ cluster: { a: { name: "a" }, b: { name: "b" } } }));
    link.run();
    link.log.length = 0;
    server.setResources(node.id, setOf({ cluster: { a: { name: "a" }, b: { name: "b", x: 1 } } }));
    link.run();
    assert.deepEqual(
      link.log.map(({ resources }) => resources.map(({ name, version }) => [name, version])),
      [[["b", versionOf({ name: "b", x: 1 })]]],
    );
  });

  test("make before break: additions go clusters first, removals only after they are acknowledged, clusters last", () => {
    const server = new AdsServer();
    const { client } = holder();
    const link = connected(server, client);
    const all = (name: string): Plain => Object.fromEntries(pushOrder.map((kind) => [kind, { [name]: { name } }]));
    server.setResources(node.id, setOf(all("old")));
    link.run();
    link.log.length = 0;
    server.setResources(node.id, setOf(all("new")));
    assert.ok(link.log.every(({ removed_resources }) => removed_resources.length === 0));
    link.run();
    const order = pushOrder.map((kind) => typeUrls[kind]);
    assert.deepEqual(
      link.log.map(({ type_url, resources, removed_resources }) => [
        type_url,
        resources.map(({ name }) => name),
        removed_resources,
      ]),
      [
        ...order.map((type) => [type, ["new"], []]),
        ...order.toReversed().map((type): [string, string[], string[]] => [type, [], ["old"]]),
      ],
    );
  });

  test("a push that is superseded before it could be sent is skipped", () => {
    const server = new AdsServer();
    const { client } = holder();
    const link = connected(server, client);
    server.setResources(node.id, setOf({ route: { r: { step: 0 } } }));
    link.run();
    link.log.length = 0;
    for (let step = 1; step <= 5; step += 1) server.setResources(node.id, setOf({ route: { r: { step } } }));
    link.run();
    assert.deepEqual(
      link.log.map(({ resources }) => resources[0]?.resource),
      [{ step: 1 }, { step: 5 }],
    );
  });

  test("a refused resource keeps its form, the others of the response apply, and the NACK names node, kind and reason", () => {
    const nacks: string[] = [];
    const server = new AdsServer({
      onNack: ({ node, kind, detail, names }) => nacks.push(`${node.cluster} ${kind} ${names.join("+")} ${detail}`),
    });
    const { client } = holder((name, resource) =>
      JSON.stringify(resource).includes("bad") ? `${name} is bad` : undefined,
    );
    const link = connected(server, client);
    server.setResources(node.id, setOf({ listener: { a: { v: 1 }, b: { v: 1 } } }));
    link.run();
    server.setResources(node.id, setOf({ listener: { a: { v: "bad" }, b: { v: 2 } } }));
    link.run();
    assert.deepEqual(held(client).listener, { a: { v: 1 }, b: { v: 2 } });
    assert.deepEqual(nacks, ["a.default listener a+b a: a is bad"]);
    link.log.length = 0;
    server.setResources(node.id, setOf({ listener: { a: { v: "bad" }, b: { v: 2 } } }));
    link.run();
    assert.deepEqual(link.log, [], "what was refused is not sent again unchanged");
    server.setResources(node.id, setOf({ listener: { a: { v: 3 }, b: { v: 2 } } }));
    link.run();
    assert.deepEqual(held(client).listener, { a: { v: 3 }, b: { v: 2 } });
  });

  test("removals wait while a resource of the same push is refused, for what it replaces may need them", () => {
    const server = new AdsServer();
    const { client } = holder((_, resource) => (JSON.stringify(resource).includes("bad") ? "no" : undefined));
    const link = connected(server, client);
    server.setResources(node.id, setOf({ route: { r: { to: "old" } }, cluster: { old: {} } }));
    link.run();
    server.setResources(node.id, setOf({ route: { r: { to: "bad" } }, cluster: { new: {} } }));
    link.run();
    assert.deepEqual(Object.keys(held(client).cluster ?? {}), ["old", "new"]);
    server.setResources(node.id, setOf({ route: { r: { to: "new" } }, cluster: { new: {} } }));
    link.run();
    assert.deepEqual(Object.keys(held(client).cluster ?? {}), ["new"]);
  });

  test("after a break the client tells what it holds and only differences come", () => {
    const server = new AdsServer();
    const { client } = holder();
    const first = connected(server, client);
    server.setResources(node.id, setOf({ cluster: { a: { v: 1 }, b: { v: 1 }, c: { v: 1 } } }));
    first.run();
    first.cut();
    assert.deepEqual(server.connected(), []);
    assert.equal(client.connected, false);
    server.setResources(node.id, setOf({ cluster: { a: { v: 1 }, b: { v: 2 } } }));
    const second = connected(server, client);
    second.run();
    assert.deepEqual(
      second.log.flatMap(({ resources }) => resources.map(({ name }) => name)),
      ["b"],
    );
    assert.deepEqual(
      second.log.flatMap(({ removed_resources }) => removed_resources),
      ["c"],
    );
    assert.deepEqual(held(client).cluster, { a: { v: 1 }, b: { v: 2 } });
  });

  test("a client that names its resources gets those, and a removal for those that do not exist", () => {
    const server = new AdsServer();
    server.setResources(node.id, setOf({ cluster: { a: {}, b: {} } }));
    const link = pipe();
    server.connect(link.server);
    const ask = (request: Partial<DeltaRequest>) =>
      link.client.send({ type_url: typeUrls.cluster, ...request } satisfies DeltaRequest);
    const answer = () => link.log.at(-1);
    const acknowledge = () => ask({ response_nonce: answer()?.nonce ?? "" });
    ask({ node, resource_names_subscribe: ["a", "x"] });
    link.run();
    assert.deepEqual(
      answer()?.resources.map(({ name }) => name),
      ["a"],
    );
    acknowledge();
    link.run();
    assert.deepEqual(answer()?.removed_resources, ["x"]);
    acknowledge();
    link.run();
    ask({ resource_names_subscribe: ["a"] });
    link.run();
    assert.deepEqual(
      answer()?.resources.map(({ name }) => name),
      ["a"],
      "asking again sends again",
    );
    acknowledge();
    ask({ resource_names_unsubscribe: ["a"] });
    link.run();
    const before = link.log.length;
    server.setResources(node.id, setOf({ cluster: { a: { changed: true }, b: {} } }));
    link.run();
    assert.equal(link.log.length, before);
  });

  test("rubbish on the channel is ignored by both halves", () => {
    const server = new AdsServer();
    const { client } = holder();
    const link = connected(server, client);
    for (const rubbish of [null, 7, "x", {}, { type_url: 3 }, { type_url: "unknown", nonce: "1" }, []]) {
      link.server.deliver(rubbish);
      link.client.deliver(rubbish);
    }
    server.setResources(node.id, setOf({ cluster: { a: {} } }));
    link.run();
    assert.equal(client.ready, true);
  });

  test("an exception while applying refuses the response and leaves the conversation alive", () => {
    const nacks: string[] = [];
    const server = new AdsServer({ onNack: ({ detail }) => nacks.push(detail) });
    let broken = true;
    const client = new AdsClient({
      node,
      apply: ({ changed }) => {
        if (broken && changed.size > 0) throw new Error("boom");
        return [];
      },
    });
    const link = connected(server, client);
    server.setResources(node.id, setOf({ cluster: { a: { v: 1 } } }));
    link.run();
    broken = false;
    server.setResources(node.id, setOf({ cluster: { a: { v: 2 } } }));
    link.run();
    assert.deepEqual(nacks, ["a: boom"]);
    assert.deepEqual(held(client).cluster, { a: { v: 2 } });
  });

  test("after any sequence of sets, breaks and delays the client holds exactly the server's set", () => {
    const resources = fc.dictionary(
      fc.constantFrom("a", "b", "c"),
      fc.nat(3).map((v) => ({ v })),
      {
        noNullPrototype: true,
      },
    );
    const plain = fc.record({
      cluster: resources,
      listener: resources,
      route: resources,
      endpoint: resources,
      names: resources,
    });
    const step = fc.oneof(
      plain.map((value) => ({ kind: "set" as const, value })),
      fc.nat(12).map((count) => ({ kind: "carry" as const, count })),
      fc.constant({ kind: "break" as const }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const server = new AdsServer();
        const { client } = holder();
        let link = connected(server, client);
        let last = setOf({});
        server.setResources(node.id, last);
        for (const step of steps) {
          if (step.kind === "set") server.setResources(node.id, (last = setOf(step.value)));
          else if (step.kind === "carry") link.run(step.count);
          else {
            link.cut();
            link = connected(server, client);
          }
        }
        link.run();
        assert.deepEqual(held(client), plainOf(last));
        assert.equal(server.synced(node.id), true);
      }),
      { numRuns: 200 },
    );
  });
});

describe("many nodes over one pipe", () => {
  test("each node's messages reach its own conversation", () => {
    const server = new AdsServer();
    const toClient: (() => void)[] = [];
    const serverEnd = new Multiplexer(
      (id, message) => void toClient.push(() => clientEnd.receive(id, message)),
      (_, channel) => server.connect(channel),
    );
    const clientEnd: Multiplexer = new Multiplexer((id, message) => serverEnd.receive(id, message));
    const clients = ["one", "two"].map((id) => {
      const client = new AdsClient({ node: { ...node, id }, apply: () => [] });
      client.connect(clientEnd.channel(id));
      server.setResources(id, setOf({ cluster: { [id]: { id } } }));
      return client;
    });
    while (toClient.length > 0) toClient.shift()?.();
    assert.deepEqual(
      clients.map((client) => held(client).cluster),
      [{ one: { id: "one" } }, { two: { id: "two" } }],
    );
    serverEnd.closeAll();
    assert.deepEqual(server.connected(), []);
    clientEnd.close("one");
    assert.deepEqual(
      clients.map(({ connected }) => connected),
      [false, true],
    );
  });
});
