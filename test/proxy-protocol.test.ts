/** The PROXY protocol between `weft proxy` and HAProxy, which wrote it. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ProxyProcess } from "./static-proxy.ts";
import { until } from "./weft.ts";

const program = "/usr/sbin/haproxy";
const skip = existsSync(program) ? false : `${program} is missing: apt-get install haproxy`;
const portOf = (server: { address(): string | AddressInfo | null }) => (server.address() as AddressInfo).port;

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const port = portOf(server);
  server.close();
  return port;
}

/** Says what it is told of its client. */
const origin: Server = createServer((request, response) => {
  response.end(String(request.headers["x-forwarded-for"]));
});

const bootstrap = (originPort: number, accepting: number) => `admin:
  address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
static_resources:
  listeners:
  - name: told
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    listener_filters:
    - name: envoy.filters.listener.proxy_protocol
      typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol }
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: told
          use_remote_address: true
          route_config:
            name: local
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: { prefix: / }
                route: { cluster: origin }
          http_filters:
          - name: envoy.filters.http.router
            typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
${["V1", "V2"].map((version) => telling(version)).join("")}  clusters:
${["V1", "V2"].map((version) => accepted(version, accepting)).join("")}  - name: origin
    type: STATIC
    load_assignment:
      cluster_name: origin
      endpoints:
      - lb_endpoints:
        - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${originPort} } } }
`;

/** A listener that tells HAProxy of its clients. */
const telling = (version: string) => `  - name: tells${version}
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.tcp_proxy
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: tells
          cluster: accepts${version}
`;

const accepted = (version: string, port: number) => `  - name: accepts${version}
    type: STATIC
    load_assignment:
      cluster_name: accepts${version}
      endpoints:
      - lb_endpoints:
        - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } }
    transport_socket:
      name: envoy.transport_sockets.upstream_proxy_protocol
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport
        config: { version: ${version} }
        transport_socket:
          name: envoy.transport_sockets.raw_buffer
          typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer }
`;

describe("beside HAProxy", { skip }, () => {
  let folder = "";
  let proxy: ProxyProcess;
  let haproxy: ChildProcess;
  /** HAProxy's ports, by the version it sends. */
  const ports = { v1: 0, v2: 0, checked: 0, accepting: 0 };
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "weft-haproxy-"));
    await once(origin.listen(0, "127.0.0.1"), "listening");
    for (const name of ["v1", "v2", "checked", "accepting"] as const) ports[name] = await freePort();
    proxy = await ProxyProcess.start(bootstrap(portOf(origin), ports.accepting));
    const told = `127.0.0.1:${proxy.port("told")}`;
    const file = join(folder, "haproxy.cfg");
    writeFileSync(
      file,
      `global
  maxconn 100
defaults
  mode tcp
  timeout connect 5s
  timeout client 20s
  timeout server 20s
listen one
  bind 127.0.0.1:${ports.v1}
  server weft ${told} send-proxy
listen two
  bind 127.0.0.1:${ports.v2}
  server weft ${told} send-proxy-v2
listen three
  bind 127.0.0.1:${ports.checked}
  server weft ${told} send-proxy-v2 proxy-v2-options crc32c,unique-id check inter 200
listen accepting
  mode http
  option forwardfor
  bind 127.0.0.1:${ports.accepting} accept-proxy
  server origin 127.0.0.1:${portOf(origin)}
`,
    );
    haproxy = spawn(program, ["-db", "-f", file], { stdio: "inherit" });
    await until(() => answers(ports.v1));
  });
  after(async () => {
    haproxy.kill();
    await once(haproxy, "close");
    await proxy.close();
    origin.close();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const name of ["v1", "v2", "checked"] as const) {
    test(`a client behind its ${name} header is known`, async () => {
      assert.match(await asked(ports[name]), /^HTTP\/1\.1 200 OK\r\n.*\r\n127\.0\.0\.77$/s);
    });
  }

  for (const version of ["V1", "V2"]) {
    test(`it knows a client of ours by our header of ${version}`, async () => {
      assert.match(await asked(proxy.port(`tells${version}`)), /^HTTP\/1\.1 200 OK\r\n.*\r\n127\.0\.0\.77$/s);
    });
  }

  test("who comes without a header is refused", async () => {
    const socket = connect(proxy.port("told"), "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    const [error] = await once(
      socket.on("data", () => socket.destroy()),
      "error",
    );
    assert.match(String(error), /ECONNRESET/);
  });
});

/** What is answered to a client of an address of its own. */
async function asked(port: number): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", localAddress: "127.0.0.77" });
  socket.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  let answer = "";
  for await (const bytes of socket) answer += String(bytes);
  return answer;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
