/** Two proxies with mutual TLS between them, one before the caller, one before the callee; and Weft's one process for both. */
import { makeCertificates } from "../certificates.ts";
import { contest, type Entrants } from "../contest.ts";
import { startEnvoy, startWeft } from "../envoy.ts";
import { startHaproxy } from "../haproxy.ts";
import { startNginx } from "../nginx.ts";
import { atMost, type Run, type Subject, type Work } from "../work.ts";
import { startInMesh } from "../weft-in-mesh.ts";
import { requestTurns, startOrigin } from "./http1.ts";

type Start = typeof startEnvoy;

async function pair(run: Run, start: Start, originPort: number): Promise<Subject> {
  const certificates = makeCertificates(run.folder);
  const callee = await start(run, { originPort, tls: "clients" }, certificates);
  const caller = await start(run, { originPort: callee.port, tls: "origin" }, certificates);
  return { programs: [...caller.programs, ...callee.programs], port: caller.port };
}

async function haproxyPair(run: Run, originPort: number): Promise<Subject> {
  const { ca, both } = makeCertificates(run.folder);
  const tls = "ssl-min-ver TLSv1.3";
  const callee = await startHaproxy(run, { originPort, bind: `ssl crt ${both} ca-file ${ca} verify required ${tls}` });
  const server = `ssl crt ${both} ca-file ${ca} verify required sni str(shop.example) ${tls}`;
  const caller = await startHaproxy(run, { originPort: callee.port, server });
  return { programs: [...caller.programs, ...callee.programs], port: caller.port };
}

async function nginxPair(run: Run, originPort: number): Promise<Subject> {
  const { ca, certificate, key } = makeCertificates(run.folder);
  const own = (prefix: string) => [`${prefix}_certificate ${certificate}`, `${prefix}_certificate_key ${key}`];
  const server = [...own("ssl"), `ssl_client_certificate ${ca}`, "ssl_verify_client on", "ssl_protocols TLSv1.3"];
  const callee = await startNginx(run, { originPort, server });
  const name = ["proxy_ssl_name shop.example", "proxy_ssl_server_name on", "proxy_ssl_verify on"];
  const pass = [...own("proxy_ssl"), `proxy_ssl_trusted_certificate ${ca}`, ...name, "proxy_ssl_protocols TLSv1.3"];
  const caller = await startNginx(run, { originPort: callee.port, pass });
  return { programs: [...caller.programs, ...callee.programs], port: caller.port };
}

async function entrantsOf(run: Run, weft: (originPort: number) => Promise<Subject>): Promise<Entrants> {
  const originPort = await startOrigin(run);
  return {
    weft: () => weft(originPort),
    haproxy: () => haproxyPair(run, originPort),
    nginx: () => nginxPair(run, originPort),
    envoy: () => pair(run, startEnvoy, originPort),
  };
}

export const oneHost: Work = {
  title: "caller → callee on one host; others: two proxies, mutual TLS",
  async measure(run) {
    const entrants = await entrantsOf(run, (originPort) => startInMesh(run, "sidecar", originPort));
    const { values, absent } = await contest(run, entrants, 1, requestTurns(run));
    const goals = [atMost(0.6, "haproxy"), atMost(0.25, "envoy")];
    return [{ what: "CPU per request", unit: "µs", values: values[0] ?? {}, absent, goals }];
  },
};

export const mutualTls: Work = {
  title: "two proxies, mutual TLS, HTTP/1.1, 1 KB",
  async measure(run) {
    const entrants = await entrantsOf(run, (originPort) => pair(run, startWeft, originPort));
    const { values, absent } = await contest(run, entrants, 1, requestTurns(run));
    const goals = [atMost(1.2, "haproxy"), atMost(0.5, "envoy")];
    return [{ what: "CPU per request, both proxies", unit: "µs", values: values[0] ?? {}, absent, goals }];
  },
};
