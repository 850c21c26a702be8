import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { connect, type ConnectionOptions } from "node:tls";
import { after, before, describe, test } from "node:test";
import type { FilterChain, Listener } from "../../xds/index.ts";
import { cluster, resources, talk, tcpListener } from "../fixture.ts";
import { eventually, get, ok, TestGateway } from "../gateway-fixture.ts";
import { TestAuthority } from "./fixture.ts";
import { downstream, ownCertificate, securedChain, visit } from "./gateway-fixture.ts";

const authority = new TestAuthority();
const shop = authority.leaf("shop.example", "DNS:shop.example,DNS:*.shop.example");
const other = authority.leaf("other.example", "DNS:other.example");
const rsa = authority.leaf("rsa.shop.example", "DNS:shop.example", { kind: "rsa" });
const client = authority.leaf("client", "URI:spiffe://cluster.local/ns/default/sa/client");
const stranger = authority.issue("stranger", { names: "URI:spiffe://cluster.local/ns/default/sa/client" });
const trusted_ca = { inline_string: authority.root.certificate };
const gateway = new TestGateway();

const asClient = (who: typeof client): ConnectionOptions => ({ cert: who.certificate, key: who.key });

async function serve(chains: readonly FilterChain[], more: Partial<Listener> = {}): Promise<void> {
  const listener: Listener = {
    name: "https",
    address: { socket_address: { address: "0.0.0.0", port_value: 80 } },
    traffic_direction: "OUTBOUND",
    filter_chains: chains,
    ...more,
  };
  await gateway.proxy.configure({
    [gateway.node.id]: resources({ listeners: [listener], clusters: [cluster("origin", [gateway.origin])] }),
  });
}

/** Answers a body with itself, and `ok` where there is none. */
function echoing(socket: Socket): void {
  let text = "";
  socket.on("data", (bytes) => {
    text += bytes.toString("latin1");
    const [, length] = /content-length: (\d+)/i.exec(text) ?? [];
    const body = text.slice(text.indexOf("\r\n\r\n") + 4);
    if (body.length < Number(length ?? 0)) return;
    socket.write(length ? `HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n${body}` : ok, "latin1");
    text = "";
  });
}

/** What a client sends first, as text of one-byte characters. */
function firstBytes(): Promise<string> {
  return new Promise((resolve) => {
    const wire = new Duplex({ read: () => undefined, write: (bytes: Buffer) => resolve(bytes.latin1Slice()) });
    connect({ socket: wire, servername: "shop.example" }).on("error", () => undefined);
  });
}

const counted = (what: string): number =>
  Number(new RegExp(`envoy_listener_ssl_${what}\\{[^}]*\\} (\\d+)`).exec(gateway.proxy.metrics())?.[1] ?? 0);

describe("TLS with clients", () => {
  before(async () => {
    gateway.accept = echoing;
    await gateway.start();
  });
  after(async () => {
    await gateway.close();
    authority.remove();
  });

  describe("a filter chain with a certificate", () => {
    before(() => serve([securedChain(downstream({ tls_certificates: [ownCertificate(shop)] }))]));

    test("answers over TLS 1.3 and 1.2", async () => {
      for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
        const { answer, server } = await visit(gateway.port, get, { minVersion: version, maxVersion: version });
        assert.match(answer, /^HTTP\/1\.1 200 OK[^]*ok$/);
        assert.equal(server, "shop.example");
      }
    });

    test("refuses TLS 1.1", async () => {
      const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
      const before = counted("connection_error");
      await assert.rejects(visit(gateway.port, get, old), /alert protocol version/);
      await eventually("the refusal is counted", () => counted("connection_error") === before + 1);
    });

    test("closes the connection of a client that speaks plain HTTP", async () => {
      const answer = await talk(gateway.port, get);
      assert.ok(!answer.includes("HTTP/1.1"), answer);
    });

    test("reads a ClientHello however it is cut", async () => {
      const bytes = await firstBytes();
      const answer = await talk(gateway.port, bytes.match(/[^]{1,100}/g) ?? [], (text) =>
        text.startsWith("\x16\x03\x03"),
      );
      assert.ok(answer.startsWith("\x16\x03\x03"));
    });

    test("takes up a session again", async () => {
      const only13 = { minVersion: "TLSv1.3", servername: "shop.example", ca: authority.root.certificate } as const;
      const first = await visit(gateway.port, get, { ...only13, rejectUnauthorized: true });
      assert.equal(first.reused, false);
      assert.ok(first.session);
      const second = await visit(gateway.port, get, { ...only13, rejectUnauthorized: true, session: first.session });
      assert.equal(second.reused, true);
      assert.ok(counted("session_reused") > 0);
    });

    test("carries bodies larger than any buffer, both ways", async () => {
      const body = "x".repeat(300_000);
      const post = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      const { answer } = await visit(gateway.port, post, {}, (text) => text.endsWith(body));
      assert.match(answer, /^HTTP\/1\.1 200 OK/);
    });
  });

  describe("a filter chain that wants to know its clients", () => {
    const common = { tls_certificates: [ownCertificate(shop)], validation_context: { trusted_ca } };
    const names = (exact: string) => ({
      ...common,
      validation_context: {
        trusted_ca,
        match_typed_subject_alt_names: [{ san_type: "URI" as const, matcher: { exact } }],
      },
    });
    const known = "spiffe://cluster.local/ns/default/sa/client";

    test("lets in who shows a certificate of its authority", async () => {
      await serve([securedChain(downstream(common, { require_client_certificate: true }))]);
      for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
        const options = { ...asClient(client), minVersion: version, maxVersion: version };
        assert.match((await visit(gateway.port, get, options)).answer, /ok$/);
      }
    });

    test("refuses who shows none, tells it so, and counts it", async () => {
      const before = counted("fail_verify_no_cert");
      await assert.rejects(visit(gateway.port, get), /certificate required/);
      await eventually("it is counted", () => counted("fail_verify_no_cert") === before + 1);
    });

    test("refuses a certificate of another authority", async () => {
      const before = counted("fail_verify_error");
      for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
        await assert.rejects(
          visit(gateway.port, get, { ...asClient(stranger), minVersion: version, maxVersion: version }),
        );
      }
      await eventually("both are counted", () => counted("fail_verify_error") === before + 2);
    });

    test("refuses a certificate of the right authority with the wrong name", async () => {
      await serve([securedChain(downstream(names("spiffe://cluster.local/ns/default/sa/somebody")))]);
      const before = counted("fail_verify_san");
      await assert.rejects(visit(gateway.port, get, asClient(client)));
      await eventually("it is counted", () => counted("fail_verify_san") === before + 1);
      await serve([securedChain(downstream(names(known)))]);
      assert.match((await visit(gateway.port, get, asClient(client))).answer, /ok$/);
    });

    test("lets in who shows none where none is required, but no wrong one", async () => {
      await serve([securedChain(downstream(common))]);
      assert.match((await visit(gateway.port, get)).answer, /ok$/);
      await assert.rejects(visit(gateway.port, get, asClient(stranger)));
    });

    test("holds a session taken up again against the rules of today", async () => {
      await serve([securedChain(downstream(names(known), { require_client_certificate: true }))]);
      const options = { ...asClient(client), servername: "shop.example", ca: authority.root.certificate };
      const { session } = await visit(gateway.port, get, { ...options, rejectUnauthorized: true });
      assert.ok(session);
      const again = await visit(gateway.port, get, { ...options, rejectUnauthorized: true, session });
      assert.equal(again.reused, true);
      await serve([securedChain(downstream(names(`${known}s`), { require_client_certificate: true }))]);
      await assert.rejects(visit(gateway.port, get, { ...options, rejectUnauthorized: true, session }));
    });

    test("knows a certificate by its hash or its key's", async () => {
      const { X509Certificate } = await import("node:crypto");
      const { certificateFacts } = await import("./certificate.ts");
      const { hash, publicKeyHash } = certificateFacts(new X509Certificate(stranger.certificate));
      for (const validation_context of [
        { verify_certificate_hash: [hash.toUpperCase().replace(/..(?!$)/g, "$&:")] },
        { verify_certificate_spki: [publicKeyHash] },
        { verify_certificate_hash: ["00".repeat(32)], verify_certificate_spki: [publicKeyHash] },
      ]) {
        const context = { tls_certificates: [ownCertificate(shop)], validation_context };
        await serve([securedChain(downstream(context, { require_client_certificate: true }))]);
        assert.match((await visit(gateway.port, get, asClient(stranger))).answer, /ok$/);
        await assert.rejects(visit(gateway.port, get, asClient(client)));
      }
    });
  });

  describe("certificates and chains by the name that is asked for", () => {
    const nameOf = async (servername?: string, more: ConnectionOptions = {}) =>
      (await visit(gateway.port, get, { ...(servername === undefined ? {} : { servername }), ...more })).server;

    test("one chain's certificate is chosen by its names, else it is the first", async () => {
      await serve([securedChain(downstream({ tls_certificates: [shop, other].map(ownCertificate) }))]);
      assert.equal(await nameOf("other.example"), "other.example");
      assert.equal(await nameOf("a.shop.example"), "shop.example");
      assert.equal(await nameOf("nobody.example"), "shop.example");
      assert.equal(await nameOf(), "shop.example");
    });

    test("of two for a name the one is shown that the client can check", async () => {
      await serve([securedChain(downstream({ tls_certificates: [shop, rsa].map(ownCertificate) }))]);
      const only = (ciphers: string): ConnectionOptions => ({ maxVersion: "TLSv1.2", ciphers });
      assert.equal(await nameOf("shop.example", only("ECDHE-RSA-AES128-GCM-SHA256")), "rsa.shop.example");
      assert.equal(await nameOf("shop.example", only("ECDHE-ECDSA-AES128-GCM-SHA256")), "shop.example");
    });

    test("each chain has its own certificate, and a name nobody has is closed before the handshake", async () => {
      await serve([
        securedChain(downstream({ tls_certificates: [ownCertificate(shop)] }), { server_names: ["shop.example"] }),
        securedChain(downstream({ tls_certificates: [ownCertificate(other)] }), { server_names: ["*.example"] }),
      ]);
      assert.equal(await nameOf("shop.example"), "shop.example");
      assert.equal(await nameOf("x.example"), "other.example");
      await assert.rejects(nameOf("shop.test"), /ECONNRESET|disconnected before secure/);
      await assert.rejects(nameOf(), /ECONNRESET|disconnected before secure/);
    });

    test("a chain that needs a name refuses who asks for none", async () => {
      await serve([securedChain(downstream({ tls_certificates: [ownCertificate(shop)] }, { require_sni: true }))]);
      assert.equal(await nameOf("shop.example"), "shop.example");
      await assert.rejects(nameOf(), /ECONNRESET|disconnected before secure/);
    });

    test("plain and secured chains stand on one port", async () => {
      const plain = securedChain({ name: "raw" }, { transport_protocol: "raw_buffer" });
      const secured = securedChain(downstream({ tls_certificates: [ownCertificate(shop)] }), {
        transport_protocol: "tls",
      });
      await serve([plain, secured]);
      assert.equal(await nameOf("shop.example"), "shop.example");
      assert.match(await talk(gateway.port, get, (answer) => answer.endsWith("ok")), /^HTTP\/1\.1 200/);
    });

    test("protocols that are offered choose a chain, too", async () => {
      await serve([
        securedChain(downstream({ tls_certificates: [ownCertificate(other)] }), { application_protocols: ["istio"] }),
        securedChain(downstream({ tls_certificates: [ownCertificate(shop)] })),
      ]);
      assert.equal(await nameOf("any.example", { ALPNProtocols: ["istio"] }), "other.example");
      assert.equal(await nameOf("any.example", { ALPNProtocols: ["http/1.1"] }), "shop.example");
    });
  });

  describe("the protocol agreed on (ALPN)", () => {
    test("is the first of the chain's that the client offers, or none", async () => {
      const alpn_protocols = ["istio", "http/1.1"];
      await serve([securedChain(downstream({ tls_certificates: [ownCertificate(shop)], alpn_protocols }))]);
      const agreed = async (...ALPNProtocols: string[]) => (await visit(gateway.port, get, { ALPNProtocols })).alpn;
      assert.equal(await agreed("http/1.1", "istio"), "istio");
      assert.equal(await agreed("http/1.1"), "http/1.1");
      assert.equal(await agreed("spdy/3"), false);
    });
  });

  describe("bytes of any protocol", () => {
    const [chain] = tcpListener(80, "origin").filter_chains;
    const carried = { ...chain, filters: chain?.filters ?? [] };
    const secured = { ...carried, transport_socket: downstream({ tls_certificates: [ownCertificate(shop)] }) };

    test("are carried, each side's end of its own", async () => {
      await serve([secured]);
      gateway.accept = (socket) => {
        let text = "";
        socket.removeAllListeners("end");
        socket.on("data", (bytes) => (text += bytes.toString("latin1")));
        socket.on("end", () => socket.end(`heard ${text}`));
      };
      const answer = await new Promise<string>((resolve, reject) => {
        let text = "";
        const options = { port: gateway.port, rejectUnauthorized: false, allowHalfOpen: true };
        const socket = connect(options, () => socket.end("all of it"));
        socket.on("data", (bytes) => (text += bytes.toString("latin1")));
        socket.on("end", () => resolve(text));
        socket.on("error", reject);
      });
      assert.equal(answer, "heard all of it");
    });

    test("break where the other side breaks", async () => {
      gateway.accept = (socket) => void socket.on("data", () => socket.resetAndDestroy());
      await assert.rejects(visit(gateway.port, "anything"), /ECONNRESET/);
      gateway.accept = echoing;
    });
  });

  describe("a handshake", () => {
    test("that does not go on ends at its time limit", async () => {
      const limited = { ...securedChain(downstream({ tls_certificates: [ownCertificate(shop)] })) };
      await serve([{ ...limited, transport_socket_connect_timeout: "0.05s" }]);
      const hello = await firstBytes();
      const answer = await talk(gateway.port, hello);
      assert.ok(answer.startsWith("\x16\x03\x03"), "the server's own part was sent");
    });
  });
});
