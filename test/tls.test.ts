/** TLS on both sides of `weft proxy -c`, with programs of other people at the other ends. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Authority } from "./certificates.ts";
import { envoy, startEnvoy, type RunningEnvoy } from "./envoy.ts";
import { ProxyProcess } from "./static-proxy.ts";
import { ask, run, until } from "./weft.ts";

const programs = { haproxy: "/usr/sbin/haproxy", nginx: "/usr/sbin/nginx" };
const missing = Object.values(programs).find((program) => !existsSync(program));
const skip = missing === undefined ? false : `${missing} is missing: apt-get install haproxy nginx-light`;

const folder = mkdtempSync(join(tmpdir(), "weft-tls-story-"));
const authority = new Authority(folder);
const identity = (name: string) => `spiffe://cluster.local/ns/default/sa/${name}`;
const shop = authority.issue("shop.example", `DNS:shop.example,URI:${identity("shop")}`);
const other = authority.issue("other.example", "DNS:other.example");
const caller = authority.issue("caller", `URI:${identity("caller")},DNS:caller.example`);

/** Says what it was told of its client. */
const origin = createServer(({ headers }, response) => {
  response.end([headers["x-forwarded-proto"], headers["x-forwarded-client-cert"] ?? "nobody"].join(" "));
});

const types = {
  downstream: "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
  upstream: "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
  manager: "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
  router: "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
};
const address = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });
const own = ({ certificate, key }: typeof shop) => ({
  certificate_chain: { filename: certificate },
  private_key: { filename: key },
});
const trusted_ca = { filename: authority.file };

function listener(name: string, cluster: string, transport_socket?: object) {
  const manager = {
    "@type": types.manager,
    stat_prefix: name,
    forward_client_cert_details: "SANITIZE_SET",
    set_current_client_cert_details: { subject: true, uri: true, dns: true },
    route_config: {
      virtual_hosts: [{ name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster } }] }],
    },
    http_filters: [{ name: "router", typed_config: { "@type": types.router } }],
  };
  const filters = [{ name: "http", typed_config: manager }];
  return { name, address: address(0), filter_chains: [{ filters, ...(transport_socket ? { transport_socket } : {}) }] };
}

const serverSide = (more: object) => ({
  name: "tls",
  typed_config: {
    "@type": types.downstream,
    common_tls_context: {
      tls_certificates: [own(shop), own(other)],
      alpn_protocols: ["h2", "http/1.1"],
      validation_context: { trusted_ca },
    },
    ...more,
  },
});

function cluster(name: string, port: number, secured: boolean) {
  const names = [{ san_type: "URI", matcher: { exact: identity("shop") } }];
  const typed_config = {
    "@type": types.upstream,
    sni: "shop.example",
    common_tls_context: {
      tls_certificates: [own(caller)],
      validation_context: { trusted_ca, match_typed_subject_alt_names: names },
    },
  };
  const endpoints = [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }];
  const transport = secured ? { transport_socket: { name: "tls", typed_config } } : {};
  return { name, connect_timeout: "2s", load_assignment: { cluster_name: name, endpoints }, ...transport };
}

const bootstrap = (listeners: readonly object[], clusters: readonly object[]) =>
  JSON.stringify({ admin: { address: address(0) }, static_resources: { listeners, clusters } });

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

const haproxyConfiguration = (ports: { readonly server: number; readonly client: number }, strict: number) => `global
  maxconn 100
defaults
  mode http
  timeout connect 5s
  timeout client 20s
  timeout server 20s
frontend server
  bind 127.0.0.1:${ports.server} ssl crt ${shop.both} ca-file ${authority.file} verify required
  http-request return status 200 content-type text/plain lf-string "haproxy %[ssl_fc_sni] %[ssl_c_s_dn(cn)]"
listen client
  bind 127.0.0.1:${ports.client}
  server weft 127.0.0.1:${strict} ssl crt ${caller.both} ca-file ${authority.file} verify required sni str(shop.example)
`;

const nginxConfiguration = (ports: { readonly server: number; readonly client: number }, strict: number) => `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log;
events {}
http {
  access_log off;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join("\n  ")}
  ssl_certificate ${shop.certificate};
  ssl_certificate_key ${shop.key};
  ssl_client_certificate ${authority.file};
  server {
    listen 127.0.0.1:${ports.server} ssl;
    ssl_verify_client on;
    location / { return 200 "nginx $ssl_server_name $ssl_client_s_dn"; }
  }
  server {
    listen 127.0.0.1:${ports.client};
    location / {
      proxy_pass https://127.0.0.1:${strict};
      proxy_http_version 1.1;
      proxy_ssl_name shop.example;
      proxy_ssl_server_name on;
      proxy_ssl_verify on;
      proxy_ssl_trusted_certificate ${authority.file};
      proxy_ssl_certificate ${caller.certificate};
      proxy_ssl_certificate_key ${caller.key};
    }
  }
}
`;

describe("TLS with programs of other people", { skip }, () => {
  let proxy: ProxyProcess;
  let besides: RunningEnvoy | undefined;
  const children: ChildProcess[] = [];
  const haproxy = { server: 0, client: 0 };
  const nginx = { server: 0, client: 0 };

  before(async () => {
    await once(origin.listen(0, "127.0.0.1"), "listening");
    const { port } = origin.address() as AddressInfo;
    for (const ports of [haproxy, nginx])
      for (const side of ["server", "client"] as const) ports[side] = await freePort();
    const strict = serverSide({ require_client_certificate: true });
    if (envoy !== undefined) {
      besides = await startEnvoy(envoy, bootstrap([listener("server", "app", strict)], [cluster("app", port, false)]));
    }
    const listeners = [
      listener("edge", "app", serverSide({})),
      listener("strict", "app", strict),
      ...["haproxy", "nginx", "envoy"].map((name) => listener(name, name)),
    ];
    const clusters = [
      cluster("app", port, false),
      cluster("haproxy", haproxy.server, true),
      cluster("nginx", nginx.server, true),
      cluster("envoy", besides?.ports.get("server") ?? 1, true),
    ];
    proxy = await ProxyProcess.start(bootstrap(listeners, clusters));
    for (const kind of ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]) mkdirSync(join(folder, kind));
    writeFileSync(join(folder, "haproxy.cfg"), haproxyConfiguration(haproxy, proxy.port("strict")));
    writeFileSync(join(folder, "nginx.conf"), nginxConfiguration(nginx, proxy.port("strict")));
    children.push(
      spawn(programs.haproxy, ["-db", "-f", join(folder, "haproxy.cfg")], { stdio: "inherit" }),
      spawn(programs.nginx, ["-c", join(folder, "nginx.conf")], { stdio: "inherit" }),
    );
    for (const { client } of [haproxy, nginx]) {
      await until(async () => (await ask(`http://127.0.0.1:${client}/`)).status === 200);
    }
  });

  after(async () => {
    for (const child of children) {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "close");
    }
    await besides?.close();
    await proxy.close();
    origin.close();
    origin.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  });

  const shopping = (listener: string) => [
    "--connect-to",
    `::127.0.0.1:${proxy.port(listener)}`,
    "--cacert",
    authority.file,
  ];
  const curl = (...args: readonly string[]) => run("curl", ["-sS", "--max-time", "20", ...args]);
  const asCaller = ["--cert", caller.certificate, "--key", caller.key];
  const known = new RegExp(
    `^https By=${identity("shop")};Hash=[0-9a-f]{64};Subject="CN=caller";URI=${identity("caller")};DNS=caller.example$`,
  );

  for (const version of ["http1.1", "http2"]) {
    test(`curl trusts the proxy and is known to the endpoint, over ${version}`, async () => {
      const { stdout, stderr } = await curl(
        `--${version}`,
        ...shopping("strict"),
        ...asCaller,
        "https://shop.example/",
      );
      assert.match(stdout, known, stderr);
    });
  }

  test("curl is served by the certificate of the name it asks for", async () => {
    const { stdout, stderr } = await curl(...shopping("edge"), "https://other.example/");
    assert.equal(stdout, "https nobody", stderr);
    const { code } = await curl(...shopping("edge"), "https://third.example/");
    assert.equal(code, 60, "no certificate of ours is for this name");
  });

  test("curl without a certificate is refused where one is required", async () => {
    const { code, stdout } = await curl(...shopping("strict"), "https://shop.example/");
    assert.notEqual(code, 0);
    assert.equal(stdout, "");
  });

  test("openssl takes up its session again, and finds neither TLS 1.1 nor renegotiation", async () => {
    const connect = ["s_client", "-connect", `127.0.0.1:${proxy.port("edge")}`, "-servername", "shop.example"];
    const trust = ["-CAfile", authority.file, "-verify_return_error"];
    const request = "GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n";
    const session = join(folder, "session.pem");
    const quiet = ["-ign_eof", ...trust];
    for (const version of ["-tls1_2", "-tls1_3"]) {
      const first = await run("openssl", [...connect, ...quiet, version, "-sess_out", session], { input: request });
      assert.match(first.stdout, /^New, TLSv1\.[23]/m, first.stderr);
      assert.match(first.stdout, /https nobody/);
      const second = await run("openssl", [...connect, ...quiet, version, "-sess_in", session], { input: request });
      assert.match(second.stdout, /^Reused, TLSv1\.[23]/m, second.stderr);
      assert.match(second.stdout, /https nobody/);
    }
    const old = await run("openssl", [...connect, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], { input: "" });
    assert.match(old.stderr, /alert protocol version/);
    const again = await run("openssl", [...connect, "-tls1_2"], { input: "R\n", limit: 10_000 });
    assert.match(`${again.stdout}${again.stderr}`, /RENEGOTIATING[^]*(no renegotiation|alert|errno|error)/);
  });

  test("HAProxy and nginx are clients of the proxy, by their certificates", async () => {
    for (const { client } of [haproxy, nginx]) {
      const { status, body } = await ask(`http://127.0.0.1:${client}/`);
      assert.equal(status, 200);
      assert.match(body, known);
    }
  });

  test("HAProxy and nginx are endpoints of the proxy, by its certificate", async () => {
    const toHaproxy = await ask(`http://127.0.0.1:${proxy.port("haproxy")}/`);
    assert.equal(toHaproxy.body, "haproxy shop.example caller");
    const toNginx = await ask(`http://127.0.0.1:${proxy.port("nginx")}/`);
    assert.equal(toNginx.body, "nginx shop.example CN=caller");
  });

  test(
    "Envoy is told of the proxy's certificate in the words the proxy uses",
    { skip: envoy === undefined },
    async () => {
      const { body } = await ask(`http://127.0.0.1:${proxy.port("envoy")}/`);
      // It keeps what the first proxy said of the client, who came in the clear.
      assert.match(body.replace(/^http /, "https "), known);
    },
  );

  test("keys are not shown on the admin pages", async () => {
    const { body } = await ask(`${proxy.admin}/config_dump`);
    assert.match(body, /\[redacted\]/);
    assert.ok(!body.includes(shop.key));
  });
});
