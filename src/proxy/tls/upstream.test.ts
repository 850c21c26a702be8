import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createSecureServer } from "node:http2";
import { createServer, type Server, type TLSSocket, type TlsOptions } from "node:tls";
import { after, afterEach, before, describe, test } from "node:test";
import { filterTypes, type Cluster, type TypedFilter } from "../../xds/index.ts";
import { cluster, httpListener, resources, talk, tcpListener, toCluster } from "../fixture.ts";
import { eventually, get, ok, TestGateway } from "../gateway-fixture.ts";
import { TestAuthority } from "./fixture.ts";
import { ownCertificate, upstream } from "./gateway-fixture.ts";

const authority = new TestAuthority();
const shop = authority.leaf("shop", "DNS:shop.example,URI:spiffe://cluster.local/ns/default/sa/shop,IP:127.0.0.1");
const client = authority.leaf("client", "URI:spiffe://cluster.local/ns/default/sa/client");
const wide = authority.leaf("wide", "DNS:one.example,DNS:*.example");
const stranger = authority.issue("stranger", { names: "DNS:shop.example" });
const trusted_ca = { inline_string: authority.root.certificate };
const gateway = new TestGateway();

/** An origin that answers over TLS. */
class SecureOrigin {
  readonly sockets: TLSSocket[] = [];
  #server: Server | undefined;

  async start(options: TlsOptions): Promise<string> {
    const server = createServer(options, (socket) => {
      this.sockets.push(socket);
      socket.on("error", () => undefined);
      socket.on("data", () => socket.write(ok));
    });
    server.on("tlsClientError", () => undefined);
    this.#server = server;
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.#server?.close();
  }
}

let origin = new SecureOrigin();

async function serve(
  socket: TypedFilter | undefined,
  options: TlsOptions = { cert: shop.certificate, key: shop.key },
  more: Partial<Cluster> = {},
): Promise<void> {
  const address = await origin.start(options);
  const secured = cluster("origin", [address], { ...(socket ? { transport_socket: socket } : {}), ...more });
  await gateway.proxy.configure({
    [gateway.node.id]: resources({
      listeners: [httpListener(80, [toCluster("origin")], { access_log: logged })],
      clusters: [secured],
    }),
  });
}

const ask = () => talk(gateway.port, get, (answer) => /\r\n\r\n./.test(answer));
const counted = (what: string): number =>
  Number(new RegExp(`envoy_cluster_ssl_${what}\\{[^}]*"origin"\\} (\\d+)`).exec(gateway.proxy.metrics())?.[1] ?? 0);
const log = authority.write("access.log", "");
const text = "%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %UPSTREAM_TRANSPORT_FAILURE_REASON%\n";
const logged = [
  {
    name: "file",
    typed_config: {
      "@type": filterTypes.fileAccessLog,
      path: log,
      log_format: { text_format_source: { inline_string: text } },
    },
  },
];

/** The client hears that there is no connection; the log says why. */
async function assertFails(reason: string): Promise<void> {
  assert.match(await ask(), /^HTTP\/1\.1 503 [^]*reset reason: remote connection failure$/);
  const why = `TLS_error:|${reason}:TLS_error_end`.replaceAll(" ", "_");
  const line = `UF upstream_reset_before_response_started{remote_connection_failure|${why}} ${why}\n`;
  await eventually(`${line} is written`, () => readFileSync(log, "utf8").endsWith(line));
}

const spoken = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

describe("a cluster's connections over TLS", () => {
  before(() => gateway.start());
  after(async () => {
    await gateway.close();
    authority.remove();
  });
  afterEach(() => {
    origin.close();
    origin = new SecureOrigin();
  });

  test("name the server they want, and show their own certificate", async () => {
    const validation_context = { trusted_ca };
    const socket = upstream(
      { tls_certificates: [ownCertificate(client)], validation_context },
      { sni: "shop.example" },
    );
    await serve(socket, { cert: shop.certificate, key: shop.key, ca: authority.root.certificate, requestCert: true });
    assert.match(await ask(), /^HTTP\/1\.1 200 OK[^]*ok$/);
    assert.equal(origin.sockets[0]?.servername, "shop.example");
    assert.equal(origin.sockets[0]?.authorized, true);
    assert.equal(origin.sockets[0]?.getProtocol(), "TLSv1.3");
  });

  test("trust anybody where nothing is said about trust", async () => {
    await serve(upstream({}), { cert: stranger.certificate, key: stranger.key });
    assert.match(await ask(), /^HTTP\/1\.1 200 OK/);
  });

  test("refuse a server of another authority", async () => {
    const before = counted("fail_verify_error");
    await serve(upstream({ validation_context: { trusted_ca } }), { cert: stranger.certificate, key: stranger.key });
    const verify =
      "CERTIFICATE_VERIFY_FAILED:verify cert failed: X509_verify_cert: certificate verification error: self-signed certificate";
    await assertFails(verify);
    assert.equal(counted("fail_verify_error"), before + 1);
  });

  test("refuse a server with the wrong name, and take one with any of the right ones", async () => {
    const rules = (exact: string) => ({
      trusted_ca,
      match_typed_subject_alt_names: [
        { san_type: "URI" as const, matcher: { exact: "spiffe://cluster.local/ns/default/sa/nobody" } },
        { san_type: "DNS" as const, matcher: { exact } },
      ],
    });
    await serve(upstream({ validation_context: rules("other.example") }));
    await assertFails("CERTIFICATE_VERIFY_FAILED:verify cert failed: verify SAN list");
    origin.close();
    await serve(upstream({ validation_context: rules("shop.example") }));
    assert.match(await ask(), /^HTTP\/1\.1 200 OK/);
  });

  test("hold the server's name against the one asked for where that is wanted", async () => {
    const common = { validation_context: { trusted_ca } };
    await serve(upstream(common, { sni: "other.example", auto_sni_san_validation: true }));
    await assertFails("CERTIFICATE_VERIFY_FAILED:verify cert failed: verify SAN list");
    origin.close();
    await serve(upstream(common, { sni: "shop.example", auto_sni_san_validation: true }));
    assert.match(await ask(), /^HTTP\/1\.1 200 OK/);
  });

  test("ask for the name of each request where that is wanted, and hold the server to it", async () => {
    const options = {
      [spoken]: {
        "@type": `type.googleapis.com/${spoken}`,
        upstream_http_protocol_options: { auto_sni: true, auto_san_validation: true },
        explicit_http_config: { http_protocol_options: {} },
      },
    };
    const common = { validation_context: { trusted_ca } };
    const secured = { typed_extension_protocol_options: options };
    await serve(upstream(common), { cert: wide.certificate, key: wide.key }, secured);
    const askFor = (host: string) =>
      talk(gateway.port, get.replace("Host: a", `Host: ${host}`), (answer) => /\r\n\r\n./.test(answer));
    assert.match(await askFor("one.example"), /^HTTP\/1\.1 200 /);
    assert.match(await askFor("Two.Example:8443"), /^HTTP\/1\.1 200 /);
    assert.match(await askFor("one.example"), /^HTTP\/1\.1 200 /);
    assert.deepEqual(
      origin.sockets.map(({ servername }) => servername),
      ["one.example", "two.example"],
    );
    assert.match(await askFor("three.test"), /^HTTP\/1\.1 503 /);
    assert.match(await askFor("127.0.0.1"), /^HTTP\/1\.1 503 /);
  });

  test("made under other rules carry no new requests", async () => {
    const rules = (exact: string) => ({
      trusted_ca,
      match_typed_subject_alt_names: [{ san_type: "DNS" as const, matcher: { exact } }],
    });
    const address = await origin.start({ cert: shop.certificate, key: shop.key });
    const under = (exact: string) =>
      gateway.proxy.configure({
        [gateway.node.id]: resources({
          listeners: [httpListener(80, [toCluster("origin")])],
          clusters: [
            cluster("origin", [address], { transport_socket: upstream({ validation_context: rules(exact) }) }),
          ],
        }),
      });
    await under("shop.example");
    assert.match(await ask(), /^HTTP\/1\.1 200 /);
    await under("shop.example");
    assert.match(await ask(), /^HTTP\/1\.1 200 /);
    assert.equal(origin.sockets.length, 1);
    await under("other.example");
    assert.match(await ask(), /^HTTP\/1\.1 503 /);
  });

  test("take up the session of an endpoint again, with the same judgement", async () => {
    await serve(upstream({ validation_context: { trusted_ca } }, { sni: "shop.example" }));
    assert.match(await ask(), /^HTTP\/1\.1 200 OK/);
    const before = counted("session_reused");
    origin.sockets[0]?.end();
    await eventually("the pool's connection is gone", () => origin.sockets[0]?.destroyed ?? false);
    assert.match(await ask(), /^HTTP\/1\.1 200 OK/);
    assert.equal(origin.sockets[1]?.isSessionReused(), true);
    assert.equal(counted("session_reused"), before + 1);
  });

  test("offer the protocols of the configuration", async () => {
    const options = { cert: shop.certificate, key: shop.key, ALPNProtocols: ["istio", "http/1.1"] };
    await serve(upstream({ alpn_protocols: ["istio"] }), options);
    assert.match(await ask(), /^HTTP\/1\.1 200 OK/);
    assert.equal(origin.sockets[0]?.alpnProtocol, "istio");
  });

  const protocols = {
    "HTTP/2 where that is configured": { explicit_http_config: { http2_protocol_options: {} } },
    "what ALPN agrees on where that is wanted": { auto_config: {} },
  };
  for (const [what, options] of Object.entries(protocols)) {
    test(`speak ${what}`, async () => {
      const server = createSecureServer({ cert: shop.certificate, key: shop.key }, (request, response) => {
        response.end(`HTTP/${request.httpVersion}`);
      });
      await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
      const secured = cluster("origin", [`127.0.0.1:${(server.address() as AddressInfo).port}`], {
        transport_socket: upstream({}),
        typed_extension_protocol_options: { [spoken]: { "@type": `type.googleapis.com/${spoken}`, ...options } },
      });
      await gateway.proxy.configure({
        [gateway.node.id]: resources({ listeners: [httpListener(80, [toCluster("origin")])], clusters: [secured] }),
      });
      assert.match(await talk(gateway.port, get, (answer) => answer.includes("HTTP/2.0")), /^HTTP\/1\.1 200 OK/);
      await gateway.proxy.configure({ [gateway.node.id]: resources({}) });
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    });
  }

  test("to a server that speaks no TLS fail, and say why", async () => {
    gateway.accept = (socket) => void socket.on("data", () => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await gateway.serve({ cluster: { transport_socket: upstream({}) }, listener: { access_log: logged } });
    await assertFails("WRONG_VERSION_NUMBER");
  });

  test("to a server that says nothing end with the time to connect", async () => {
    gateway.accept = () => undefined;
    await gateway.serve({ cluster: { transport_socket: upstream({}), connect_timeout: "0.05s" } });
    assert.match(await ask(), /^HTTP\/1\.1 503 [^]*remote connection failure$/);
  });

  test("carry bytes of any protocol", async () => {
    const address = await origin.start({ cert: shop.certificate, key: shop.key });
    const secured = cluster("origin", [address], { transport_socket: upstream({}, { sni: "shop.example" }) });
    await gateway.proxy.configure({
      [gateway.node.id]: resources({ listeners: [tcpListener(80, "origin")], clusters: [secured] }),
    });
    assert.equal(await talk(gateway.port, "anything", (answer) => answer === ok), ok);
  });

  test("are secured as an endpoint's metadata says", async () => {
    const tls = { name: "tls", match: { tls: true }, transport_socket: upstream({}, { sni: "shop.example" }) };
    const plain = { name: "plain", match: {}, transport_socket: { name: "envoy.transport_sockets.raw_buffer" } };
    const address = await origin.start({ cert: shop.certificate, key: shop.key });
    const [host = "", port] = address.split(":");
    const endpoint = { address: { socket_address: { address: host, port_value: Number(port) } } };
    const metadata = { filter_metadata: { "envoy.transport_socket_match": { tls: true } } };
    const secured: Cluster = {
      name: "origin",
      transport_socket_matches: [tls, plain],
      load_assignment: { cluster_name: "origin", endpoints: [{ lb_endpoints: [{ endpoint, metadata }] }] },
    };
    await gateway.proxy.configure({
      [gateway.node.id]: resources({
        listeners: [httpListener(80, [toCluster("origin")], { access_log: logged })],
        clusters: [secured],
      }),
    });
    assert.match(await ask(), /^HTTP\/1\.1 200 OK/);
  });
});
