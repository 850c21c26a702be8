import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { filterTypes, type Cluster, type Listener, type TcpProxy } from "../../xds/index.ts";
import { cluster, listen, nodeOf, portOf, resources, talk, TestProxy } from "../fixture.ts";
import { eventually } from "../gateway-fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-carry-"));
const path = join(folder, "access.log");
const node = nodeOf("gateway");
const proxy = new TestProxy();
let accept: (socket: Socket) => void = (socket) => void socket.pipe(socket);
let origin: Server;
let originKey = "";
let port = 0;
before(async () => {
  origin = await listen((socket) => accept(socket.on("error", () => undefined)));
  originKey = `127.0.0.1:${portOf(origin)}`;
  proxy.host([{ node }]);
  port = await proxy.gateway(node.id, 7000);
});
after(async () => {
  await proxy.close();
  origin.close();
  rmSync(folder, { recursive: true });
});

/** Nobody listens there. */
const dead = "127.0.0.1:1";
const format =
  "flags=%RESPONSE_FLAGS% failure=%UPSTREAM_TRANSPORT_FAILURE_REASON% received=%BYTES_RECEIVED% sent=%BYTES_SENT% " +
  "cluster=%UPSTREAM_CLUSTER% host=%UPSTREAM_HOST% local=%UPSTREAM_LOCAL_ADDRESS%\n";

async function serve(more: Partial<TcpProxy>, clusters: readonly Cluster[]): Promise<void> {
  const log = {
    "@type": filterTypes.fileAccessLog,
    path,
    log_format: { text_format_source: { inline_string: format } },
  };
  const typed_config: TcpProxy = {
    "@type": filterTypes.tcpProxy,
    stat_prefix: "test",
    cluster: "c",
    access_log: [{ name: "log", typed_config: log }],
    ...more,
  };
  const listener: Listener = {
    name: "raw",
    address: { socket_address: { address: "0.0.0.0", port_value: 7000 } },
    filter_chains: [{ filters: [{ name: "tcp", typed_config }] }],
  };
  await proxy.configure({ [node.id]: resources({ listeners: [listener], clusters }) });
}

let read = 0;
/** The next line of the log, its changing parts told apart by whether they are there. */
async function line(): Promise<string> {
  const lines = () => {
    try {
      return readFileSync(path, "utf8").split("\n").slice(0, -1);
    } catch {
      return [];
    }
  };
  await eventually("a line", () => lines().length > read);
  read += 1;
  const text = lines()[read - 1] ?? "";
  return text.replaceAll(originKey, "origin").replace(/local=127\.0\.0\.1:\d+/, "local=here");
}
const whole = "host=origin local=here";

describe("a carried connection's line in the log, as Envoy writes it", () => {
  test("one that ends by itself, or that its client breaks, has no flag", async () => {
    await serve({}, [cluster("c", [originKey])]);
    assert.equal(await talk(port, "hello", (got) => got === "hello"), "hello");
    assert.equal(await line(), `flags=- failure=- received=5 sent=5 cluster=c ${whole}`);
    const client = connect(port, "127.0.0.1", () => client.write("hello"));
    client.on("data", () => client.resetAndDestroy());
    assert.equal(await line(), `flags=- failure=- received=5 sent=5 cluster=c ${whole}`);
  });

  test("one that its endpoint broke says UR", async () => {
    const before = accept;
    accept = (socket) => void socket.once("data", () => socket.resetAndDestroy());
    assert.equal(await talk(port, "hello"), "<reset>");
    assert.equal(await line(), `flags=UR failure=- received=5 sent=0 cluster=c ${whole}`);
    accept = before;
  });

  test("one that lasted too long says DT", async () => {
    await serve({ max_downstream_connection_duration: "0.4s" }, [cluster("c", [originKey])]);
    assert.equal(await talk(port, "hello"), "hello");
    assert.equal(await line(), `flags=DT failure=- received=5 sent=5 cluster=c ${whole}`);
  });

  const refused = "failure=delayed_connect_error:_Connection_refused";
  test("one whose endpoint cannot be reached says UF,URX", async () => {
    await serve({}, [cluster("c", [dead])]);
    assert.equal(await talk(port, "hello"), "<reset>");
    assert.equal(await line(), `flags=UF,URX ${refused} received=0 sent=0 cluster=c host=${dead} local=-`);
  });

  test("one that reached another endpoint keeps UF; as many are tried as may be", async () => {
    await serve({ max_connect_attempts: 2 }, [cluster("c", [dead, originKey])]);
    const lines: string[] = [];
    for (let turn = 0; turn < 2; turn += 1) {
      assert.equal(await talk(port, "hello", (got) => got === "hello"), "hello");
      lines.push(await line());
    }
    const rest = `received=5 sent=5 cluster=c ${whole}`;
    assert.deepEqual(lines.toSorted(), [`flags=- failure=- ${rest}`, `flags=UF ${refused} ${rest}`]);
    await serve({ max_connect_attempts: 3 }, [cluster("c", [dead, "127.0.0.1:2", "127.0.0.1:3", originKey])]);
    const answers = new Set<string>();
    for (let turn = 0; turn < 4; turn += 1) {
      answers.add(await talk(port, "hello", (got) => got === "hello"));
      await line();
    }
    assert.deepEqual([...answers].toSorted(), ["<reset>", "hello"]);
  });

  test("one without an endpoint, a cluster or room says UH, NC, UO", async () => {
    await serve({}, [cluster("c", [])]);
    assert.equal(await talk(port, "hello"), "<reset>");
    assert.equal(await line(), "flags=UH failure=- received=0 sent=0 cluster=c host=- local=-");
    await serve({ cluster: "nowhere" }, []);
    assert.equal(await talk(port, "hello"), "<reset>");
    assert.equal(await line(), "flags=NC failure=- received=0 sent=0 cluster=- host=- local=-");
    await serve({}, [cluster("c", [originKey], { circuit_breakers: { thresholds: [{ max_connections: 0 }] } })]);
    assert.equal(await talk(port, "hello"), "<reset>");
    assert.equal(await line(), "flags=UO failure=- received=0 sent=0 cluster=c host=- local=-");
  });
});
