import assert from "node:assert/strict";
import { connect as connectHttp2 } from "node:http2";
import { after, before, describe, test } from "node:test";
import type { HttpConnectionManager, Listener } from "../../xds/index.ts";
import { cluster, resources, talk } from "../fixture.ts";
import { get, ok, TestGateway } from "../gateway-fixture.ts";
import { TestAuthority } from "./fixture.ts";
import { downstream, ownCertificate, securedChain, visit } from "./gateway-fixture.ts";

const authority = new TestAuthority();
const own = "spiffe://cluster.local/ns/default/sa/shop";
const caller = "spiffe://cluster.local/ns/default/sa/caller";
const shop = authority.leaf("shop.example", `DNS:shop.example,URI:${own}`);
const client = authority.leaf("client", `URI:${caller},DNS:caller.example`, { subject: "/O=Weft, Inc./CN=caller" });
const unnamed = authority.leaf("unnamed", "IP:10.0.0.1");
const crafted = authority.leaf("crafted", "URI:spiffe://evil;URI=spiffe://admin");
const gateway = new TestGateway();

/** What the origin was sent last. */
let sent = "";

async function serve(
  manager: Partial<HttpConnectionManager> = {},
  chain: Parameters<typeof downstream>[0] = {},
): Promise<void> {
  const common = {
    tls_certificates: [ownCertificate(shop)],
    validation_context: { trusted_ca: { inline_string: authority.root.certificate } },
    ...chain,
  };
  const listener: Listener = {
    name: "https",
    address: { socket_address: { address: "0.0.0.0", port_value: 80 } },
    traffic_direction: "OUTBOUND",
    filter_chains: [
      securedChain(downstream(common), { transport_protocol: "tls" }, manager),
      securedChain({ name: "raw" }, { transport_protocol: "raw_buffer" }, manager),
    ],
  };
  await gateway.proxy.configure({
    [gateway.node.id]: resources({ listeners: [listener], clusters: [cluster("origin", [gateway.origin])] }),
  });
}

const asking = (lines: string) => `GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`;
const fieldSent = (name: string): string | undefined => new RegExp(`^${name}: (.*)\r$`, "im").exec(sent)?.[1];

/** What the origin hears of a client's certificate, when the client says `By=a;URI=b` itself. */
async function heard(who: typeof client | undefined): Promise<string | undefined> {
  const options = who ? { cert: who.certificate, key: who.key } : {};
  await visit(gateway.port, asking("X-Forwarded-Client-Cert: By=a;URI=b\r\n"), options);
  return fieldSent("x-forwarded-client-cert");
}

describe("behind TLS", () => {
  before(async () => {
    gateway.accept = (socket) =>
      void socket.on("data", (bytes) => {
        sent = bytes.toString("latin1");
        socket.write(ok);
      });
    await gateway.start();
  });
  after(async () => {
    await gateway.close();
    authority.remove();
  });

  test("endpoints hear that the client came over https, and whoever came in the clear over http", async () => {
    await serve();
    await visit(gateway.port, get);
    assert.equal(fieldSent("x-forwarded-proto"), "https");
    await talk(gateway.port, get, (answer) => answer.endsWith("ok"));
    assert.equal(fieldSent("x-forwarded-proto"), "http");
  });

  test("an edge knows better than its clients what they came over", async () => {
    await serve({ use_remote_address: true });
    await visit(gateway.port, asking("X-Forwarded-Proto: http\r\n"));
    assert.equal(fieldSent("x-forwarded-proto"), "https");
  });

  test("routes that need TLS are there for whoever uses it, and lead others to it", async () => {
    const host = {
      name: "all",
      domains: ["*"],
      require_tls: "ALL",
      routes: [{ match: { prefix: "/" }, route: { cluster: "origin" } }],
    } as const;
    await serve({ route_config: { name: "routes", virtual_hosts: [host] } });
    assert.match((await visit(gateway.port, get)).answer, /^HTTP\/1\.1 200 /);
    const plain = await talk(gateway.port, get, (answer) => answer.includes("\r\n\r\n"));
    assert.match(plain, /^HTTP\/1\.1 301 [^]*location: https:\/\/a\//);
  });

  const details = `By=${own};Hash=[0-9a-f]{64}`;
  const cases: readonly (readonly [
    mode: NonNullable<HttpConnectionManager["forward_client_cert_details"]>,
    known: RegExp | undefined,
    unknown: string | undefined,
  ])[] = [
    ["SANITIZE", undefined, undefined],
    ["FORWARD_ONLY", /^By=a;URI=b$/, undefined],
    ["APPEND_FORWARD", new RegExp(`^By=a;URI=b,${details}$`), undefined],
    ["SANITIZE_SET", new RegExp(`^${details}$`), undefined],
    ["ALWAYS_FORWARD_ONLY", /^By=a;URI=b$/, "By=a;URI=b"],
  ];
  for (const [mode, known, unknown] of cases) {
    test(`${mode}: ${known ? "endpoints are told of" : "nothing is said about"} a client's certificate`, async () => {
      await serve({ forward_client_cert_details: mode });
      const told = await heard(client);
      if (known) assert.match(told ?? "", known);
      else assert.equal(told, undefined);
      assert.equal(await heard(undefined), unknown);
    });
  }

  test("parts of a certificate are named one by one, in Envoy's order", async () => {
    const all = { subject: true, cert: true, chain: true, dns: true, uri: true };
    await serve({ forward_client_cert_details: "SANITIZE_SET", set_current_client_cert_details: all });
    const pem = encodeURIComponent(client.certificate);
    const told = (await heard(client)) ?? "";
    assert.match(told, new RegExp(`^${details};Cert="${pem}";Chain="${pem}`));
    const rest = `;Subject="CN=caller,O=Weft\\, Inc.";URI=${caller};DNS=caller.example`;
    assert.ok(told.endsWith(rest), told);
    assert.match((await heard(unnamed)) ?? "", /;Subject="CN=unnamed";URI=$/);
  });

  test("a name cannot end its part and begin another", async () => {
    await serve({ forward_client_cert_details: "SANITIZE_SET", set_current_client_cert_details: { uri: true } });
    assert.match((await heard(crafted)) ?? "", /;URI="spiffe:\/\/evil;URI=spiffe:\/\/admin"$/);
  });

  test("HTTP/2 is spoken where ALPN agrees on it", async () => {
    await serve({}, { alpn_protocols: ["h2", "http/1.1"] });
    const session = connectHttp2(`https://127.0.0.1:${gateway.port}`, { rejectUnauthorized: false });
    const status = await new Promise((resolve, reject) => {
      session.on("error", reject);
      const stream = session.request({ ":path": "/" });
      stream.on("response", (headers) => resolve(headers[":status"]));
      stream.on("error", reject);
      stream.resume();
    });
    assert.equal(status, 200);
    await new Promise<void>((resolve) => session.close(resolve));
    assert.equal((await visit(gateway.port, get, { ALPNProtocols: ["http/1.1"] })).alpn, "http/1.1");
  });
});
