/** What attackers by HTTP/2 make `weft proxy` hold and do, measured from outside, while others are served on. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createServer as createServer1, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createServer2, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { connect, type AddressInfo, type Server, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import * as frames from "../src/proxy/attacks/frames.ts";
import { RawPeer } from "../src/proxy/attacks/raw-peer.ts";
import { bomb, laterBomb } from "../src/proxy/attacks/rows/floods.ts";
import { frontProxy, ProxyProcess } from "./static-proxy.ts";
import { ask, until } from "./weft.ts";

const { data, get, greeting, headers, open, preface, request, settings, update } = frames;
const megabyte = 1_048_576;
const large = Buffer.alloc(megabyte, "x");
const fresh = Buffer.concat([preface, settings([4, 0])]);
const wide = Buffer.concat([preface, settings([4, 2 ** 31 - 1]), update(0, 2 ** 31 - 65_536)]);

/** How one connection attacks, and how many do it at once. */
interface Attack {
  readonly what: string;
  readonly connections: number;
  /** Megabytes the proxy may grow by for each of them. */
  readonly each: number;
  readonly frames: readonly Buffer[];
  /** It does not read what comes. */
  readonly deaf?: true;
}

const ids = Array.from({ length: 100 }, (_, index) => index * 2 + 1);

const attacks: readonly Attack[] = [
  {
    what: "a hundred streams with a closed window that ask for large answers",
    connections: 8,
    each: 12,
    frames: [fresh, ...ids.map((id) => get(id, "/large"))],
  },
  {
    what: "a hundred streams that open their window by an octet",
    connections: 8,
    each: 12,
    frames: [fresh, ...ids.map((id) => get(id, "/large")), ...ids.map((id) => update(id, 1))],
  },
  {
    what: "a hundred large answers that nobody reads",
    connections: 8,
    each: 12,
    frames: [wide, ...ids.map((id) => get(id, "/large"))],
    deaf: true,
  },
  {
    what: "a hundred bodies that the endpoint does not read",
    connections: 8,
    each: 12,
    frames: [greeting, ...ids.flatMap((id) => [open(id, "/unread"), ...pieces(id, 3)])],
  },
  {
    what: "a field block that never ends",
    connections: 50,
    each: 1,
    frames: [
      greeting,
      headers(1, request("GET", "/"), 1),
      ...Array.from({ length: 7 }, () => frames.continuation(1, Buffer.alloc(16_384, 0x82), 0)),
    ],
  },
  {
    what: "a frame that never ends",
    connections: 200,
    each: 0.3,
    frames: [greeting, headers(1, [...request("GET", "/"), "x", "y".repeat(16_000)]).subarray(0, -1)],
  },
  {
    what: "HPACK bombs",
    connections: 20,
    each: 2,
    frames: [greeting, ...bomb(1), ...ids.slice(1).flatMap((id) => laterBomb(id))],
  },
  {
    what: "connections that say nothing",
    connections: 500,
    each: 0.1,
    frames: [greeting],
  },
];

function pieces(id: number, count: number): readonly Buffer[] {
  return Array.from({ length: count }, () => data(id, 16_384));
}

/** Bytes a process holds, and milliseconds of processor time it has used (proc_pid_stat(5); 100 ticks a second). */
function use(pid: number): { readonly held: number; readonly used: number } {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]);
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
    .replace(/^.*\) /s, "")
    .split(" ");
  return { held: pages * 4096, used: (Number(fields[11]) + Number(fields[12])) * 10 };
}

const pause = (milliseconds: number) => new Promise<void>((resolve) => void setTimeout(resolve, milliseconds));

type Asked = IncomingMessage | Http2ServerRequest;

function answer(asked: Asked, response: ServerResponse | Http2ServerResponse): void {
  if (asked.url === "/unread") return void asked.pause();
  asked.resume();
  const body = asked.url === "/large" ? large : Buffer.from("ok");
  response.setHeader("content-length", body.length);
  // Both of Node's servers take it.
  (response as ServerResponse).end(body);
}

for (const version of ["HTTP/1.1", "HTTP/2"] as const) {
  describe(`before an endpoint of ${version}`, { skip: process.platform === "linux" ? false : "no /proc" }, () => {
    let server: Server;
    let proxy: ProxyProcess;
    const sockets = new Set<Socket>();
    before(async () => {
      server = version === "HTTP/2" ? createServer2({ maxSessionMemory: 1000 }, answer) : createServer1(answer);
      server.on("connection", (socket: Socket) => void sockets.add(socket.on("close", () => sockets.delete(socket))));
      await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
      const bootstrap = frontProxy({ web: (server.address() as AddressInfo).port });
      proxy = await ProxyProcess.start(version === "HTTP/2" ? speaksHttp2(bootstrap) : bootstrap);
    });
    after(async () => {
      await proxy.close();
      server.close();
      for (const socket of sockets) socket.destroy();
    });

    const port = () => proxy.port("web");

    for (const attack of attacks) {
      test(`${attack.connections} × ${attack.what}: little is held, others are served on`, async (context) => {
        const pid = proxy.process.pid ?? 0;
        for (let count = 0; count < 20; count += 1) await ask(`http://127.0.0.1:${port()}/`);
        const start = use(pid);
        const peers = Array.from({ length: attack.connections }, () => attacker(port(), attack));
        const { most, used, idle } = await watch(pid, port()).finally(() => {
          for (const peer of peers) peer.destroy();
        });
        const grown = (most - start.held) / megabyte;
        context.diagnostic(`grew by ${grown.toFixed(1)} MB, used ${used - start.used} ms, then ${idle} ms in 500`);
        assert.ok(grown < 40 + attack.connections * attack.each, `it grew by ${grown} MB`);
        assert.ok(idle < 250, "it is busy with those that wait");
        await until(() => readdirSync(`/proc/${pid}/fd`).length < 100);
      });
    }
  });
}

/** Asks beside the attack, and looks at what the proxy holds, has used, and uses within half a second more. */
async function watch(pid: number, port: number) {
  let most = 0;
  for (let looks = 0; looks < 10; looks += 1) {
    const { status, body } = await ask(`http://127.0.0.1:${port}/`);
    assert.equal(status, 200, body);
    await pause(50);
    most = Math.max(most, use(pid).held);
  }
  const { used } = use(pid);
  await pause(500);
  return { most, used, idle: use(pid).used - used };
}

function attacker(port: number, { frames, deaf }: Attack): RawPeer {
  const peer = new RawPeer(connect(port, "127.0.0.1"));
  peer.keepsBodies = false;
  if (deaf) peer.socket.pause();
  peer.send(...frames);
  return peer;
}

/** The same, but that its endpoint `web` speaks HTTP/2. */
function speaksHttp2(bootstrap: string): string {
  return bootstrap.replace(
    "  - name: web\n    type: STATIC\n",
    `  - name: web
    type: STATIC
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: { http2_protocol_options: {} }
`,
  );
}
