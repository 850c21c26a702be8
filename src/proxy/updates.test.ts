import assert from "node:assert/strict";
import { connect, type Server, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import type { Listener, ResourceSet, Route } from "../xds/index.ts";
import { cluster, httpListener, listen, nodeOf, portOf, resources, talk, TestProxy, toCluster } from "./fixture.ts";
import { eventually, get, ok, pause } from "./gateway-fixture.ts";

const node = nodeOf("gateway");
const proxy = new TestProxy();
let port = 0;
/** Two versions of an application; each names itself. */
const origins: Server[] = [];
const held: Socket[] = [];
let hold = false;

before(async () => {
  for (const version of ["v1", "v2"]) {
    origins.push(
      await listen((socket) => {
        socket.on("error", () => undefined);
        socket.on("end", () => socket.end());
        socket.on("data", () => {
          if (hold) held.push(socket);
          else socket.write(ok.replace("\r\n", `\r\nx-version: ${version}\r\n`));
        });
      }),
    );
  }
  proxy.host([{ node }]);
  port = await proxy.gateway(node.id, 80);
  await proxy.configure({ [node.id]: set({}) });
});
after(async () => {
  await proxy.close();
  for (const origin of origins) origin.close();
});

interface Version {
  /** Which endpoints `app` has. */
  readonly endpoints?: readonly number[];
  readonly routes?: readonly Route[];
  /** The route table stands in the listener. */
  readonly inline?: boolean;
  readonly listener?: Partial<Listener>;
  readonly connectTimeout?: string;
}

function set({ endpoints = [0, 1], routes = [toCluster("app")], inline, listener, connectTimeout = "5s" }: Version) {
  const rds = { route_config_name: "routes", config_source: { ads: {} } };
  const virtual_hosts = [{ name: "all", domains: ["*"], routes }];
  const all = endpoints.map((index) => `127.0.0.1:${origins[index] ? portOf(origins[index]) : 1}`);
  const base = httpListener(80, routes);
  const [chain] = base.filter_chains;
  const filters = (chain?.filters ?? []).map(({ name, typed_config }) => {
    const { route_config: _, ...rest } = typed_config as { "@type": string; route_config?: unknown };
    return { name, typed_config: { ...rest, rds } };
  });
  const chosen = inline ? base : { ...base, filter_chains: [{ filters }] };
  return {
    ...resources({
      listeners: [{ ...chosen, ...listener }],
      clusters: [cluster("app", all, { connect_timeout: connectTimeout })],
    }),
    route: new Map([["routes", { name: "routes", virtual_hosts }]]),
  } satisfies Partial<ResourceSet>;
}

const change = (version: Version) => proxy.configure({ [node.id]: set(version) });

/** One client that asks again and again on one connection. */
class Steady {
  readonly socket: Socket;
  answers = 0;
  readonly bad: string[] = [];
  last = "";
  closed = false;
  #text = "";
  #stopped = false;

  constructor() {
    this.socket = connect(port, "127.0.0.1", () => this.socket.write(get));
    this.socket.on("close", () => (this.closed = true));
    this.socket.on("error", (error) => this.bad.push(error.message));
    this.socket.on("data", (bytes) => {
      this.#text += bytes.toString("latin1");
      const length = Number(/content-length: (\d+)/.exec(this.#text)?.[1] ?? NaN);
      const end = this.#text.indexOf("\r\n\r\n") + 4;
      if (end === 3 || this.#text.length < end + length) return;
      this.last = this.#text;
      this.#text = "";
      this.answers += 1;
      if (!this.last.startsWith("HTTP/1.1 200")) this.bad.push(this.last);
      if (!this.#stopped) setTimeout(() => this.socket.write(get), 1);
    });
  }

  stop(): void {
    this.#stopped = true;
    this.socket.destroy();
  }
}

async function under(load: readonly Steady[], changes: () => Promise<void>): Promise<void> {
  await eventually("every client is served", () => load.every(({ answers }) => answers > 3));
  await changes();
  const so = load.map(({ answers }) => answers);
  await eventually("every client is still served", () =>
    load.every(({ answers }, index) => answers > (so[index] ?? 0) + 3),
  );
  for (const client of load) {
    assert.deepEqual(client.bad, []);
    assert.equal(client.closed, false, "a connection was dropped");
    client.stop();
  }
}

const clients = () => Array.from({ length: 8 }, () => new Steady());

describe("under load, no request and no connection is dropped", () => {
  test("when routes change", async () => {
    await under(clients(), async () => {
      for (let count = 0; count < 20; count += 1) {
        await change({ routes: [{ ...toCluster("app"), name: `r${count}` }] });
        await pause(2);
      }
    });
  });

  test("when clusters and endpoints change", async () => {
    await under(clients(), async () => {
      for (let count = 0; count < 20; count += 1) {
        await change({ endpoints: count % 3 === 2 ? [0, 1] : [count % 3], connectTimeout: `${count + 1}s` });
        await pause(2);
      }
    });
  });

  test("when listeners change", async () => {
    await under(clients(), async () => {
      for (let count = 0; count < 20; count += 1) {
        await change({ inline: count % 2 === 0, listener: { metadata: { filter_metadata: { a: { count } } } } });
        await pause(2);
      }
    });
  });

  test("when more is captured and hosted", async () => {
    await under(clients(), async () => {
      for (let count = 0; count < 10; count += 1) {
        proxy.host(count % 2 === 0 ? [{ node }, { node: nodeOf("other"), address: "10.244.0.9" }] : [{ node }]);
        await pause(2);
      }
      proxy.host([{ node }]);
    });
  });
});

describe("a change is in force", () => {
  const answering = (text: string): Route => ({
    match: { prefix: "/" },
    direct_response: { status: 200, body: { inline_string: text } },
  });

  for (const inline of [false, true]) {
    test(`for the next request of a connection that stays: routes ${inline ? "in the listener" : "by name"}`, async () => {
      await change({ inline, routes: [answering("before")] });
      const client = new Steady();
      await eventually("the first answer", () => client.last.endsWith("before"));
      await change({ inline, routes: [answering("after")] });
      await eventually("the next answer", () => client.last.endsWith("after"));
      assert.equal(client.closed, false);
      client.stop();
    });
  }

  test("for a listener that is gone: its connections end", async () => {
    await change({});
    const client = new Steady();
    await eventually("an answer", () => client.answers > 0);
    await proxy.configure({ [node.id]: { ...set({}), listener: new Map() } });
    await eventually("the end", () => client.closed);
    await change({});
  });

  test("for endpoints that are gone: what runs there ends in peace, nothing new goes there", async () => {
    await change({ endpoints: [0] });
    hold = true;
    const running = talk(port, get, (text) => text.endsWith("ok"));
    await eventually("it runs", () => held.length === 1);
    hold = false;
    await change({ endpoints: [1] });
    for (let count = 0; count < 5; count += 1) {
      assert.match(await talk(port, get, (text) => text.endsWith("ok")), /x-version: v2/);
    }
    held.pop()?.write(ok);
    assert.match(await running, /^HTTP\/1\.1 200 [^]*ok$/);
  });

  test("for a cluster that is gone while a request of it runs", async () => {
    hold = true;
    const running = talk(port, get, (text) => text.endsWith("ok"));
    await eventually("it runs", () => held.length === 1);
    hold = false;
    await proxy.configure({ [node.id]: { ...set({}), cluster: new Map() } });
    assert.match(await talk(port, get, (text) => text.endsWith("\r\n\r\n")), /^HTTP\/1\.1 503 /);
    held.pop()?.write(ok);
    assert.match(await running, /^HTTP\/1\.1 200 [^]*ok$/);
  });
});
