import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { filterTypes, type Route } from "../xds/index.ts";
import { toCluster } from "./fixture.ts";
import { App, OneProcess, TwoProcesses, whole, type Call, type CallRules } from "./sameness-fixture.ts";

const outbound = "outbound|80||callee.default.svc.cluster.local";
const inbound = "inbound|80||";
const get = "GET /a/b?c=d HTTP/1.1\r\nHost: callee\r\nX-One: 1\r\nCookie: a=b\r\n\r\n";
const ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-app: yes\r\n\r\nok";

interface Scenario {
  readonly what: string;
  readonly rules?: CallRules;
  readonly ask?: string | readonly string[];
  readonly answer?: (socket: Socket, asked: string, time: number) => void;
}

const callee = (more: Partial<Route>): CallRules => ({ callee: [{ ...toCluster(inbound), ...more }] });
const caller = (more: Partial<Route>): CallRules => ({ caller: [{ ...toCluster(outbound), ...more }] });
const set = (key: string, value: string) =>
  ({ header: { key, value }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" }) as const;
const abort = (status: number) => ({
  fault: { "@type": filterTypes.fault, abort: { http_status: status, percentage: { numerator: 100 } } } as const,
});

const scenarios: readonly Scenario[] = [
  { what: "a request" },
  { what: "a body of known length", ask: "POST / HTTP/1.1\r\nHost: callee\r\nContent-Length: 5\r\n\r\nhello" },
  {
    what: "a body in chunks",
    ask: "POST / HTTP/1.1\r\nHost: callee\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  },
  {
    what: "HEAD",
    ask: "HEAD / HTTP/1.1\r\nHost: callee\r\n\r\n",
    answer: (socket) => void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"),
  },
  {
    what: "a forged identity",
    ask: "GET / HTTP/1.1\r\nHost: callee\r\nX-Forwarded-Client-Cert: By=me\r\nX-Envoy-Attempt-Count: 7\r\n\r\n",
  },
  { what: "a path in need of its normal form", ask: "GET /x/../%61 HTTP/1.1\r\nHost: callee\r\n\r\n" },
  {
    what: "an answer in chunks",
    answer: (socket) => void socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
  },
  {
    what: "an answer of the application that is an error",
    answer: (socket) => void socket.write("HTTP/1.1 503 No\r\ncontent-length: 2\r\n\r\nno"),
  },
  { what: "an application that closes without an answer", answer: (socket) => void socket.destroy() },
  { what: "an application whose answer is not HTTP", answer: (socket) => void socket.write("whatever\r\n\r\n") },
  {
    what: "the caller's header operations and rewrites",
    rules: caller({
      request_headers_to_add: [set("x-caller", "%PROTOCOL%")],
      response_headers_to_add: [set("x-answered", "yes")],
      route: { cluster: outbound, timeout: "0s", prefix_rewrite: "/rewritten/", host_rewrite_literal: "other" },
    }),
  },
  {
    what: "the callee's header operations",
    rules: callee({ request_headers_to_add: [set("x-callee", "1")], response_headers_to_remove: ["x-app"] }),
  },
  {
    what: "the callee's rewrite",
    rules: callee({ route: { cluster: inbound, timeout: "0s", prefix_rewrite: "/callee/" } }),
  },
  {
    what: "a refusal of the callee's",
    rules: callee({ direct_response: { status: 403, body: { inline_string: "RBAC: access denied" } } }).callee
      ? {
          callee: [
            {
              match: { prefix: "/" },
              direct_response: { status: 403, body: { inline_string: "RBAC: access denied" } },
            },
          ],
        }
      : {},
  },
  {
    what: "a redirect of the callee's",
    rules: { callee: [{ match: { prefix: "/" }, redirect: { path_redirect: "/elsewhere" } }] },
  },
  { what: "no route at the callee", rules: { callee: [{ match: { path: "/none" }, route: { cluster: inbound } }] } },
  { what: "no route at the caller", rules: { caller: [{ match: { path: "/none" }, route: { cluster: outbound } }] } },
  { what: "a fault at the callee", rules: callee({ typed_per_filter_config: abort(418) }) },
  { what: "a fault at the caller", rules: caller({ typed_per_filter_config: abort(418) }) },
  {
    what: "a timeout of the caller's",
    rules: caller({ route: { cluster: outbound, timeout: "0.05s" } }),
    answer: () => undefined,
  },
  {
    what: "a timeout of the callee's",
    rules: callee({ route: { cluster: inbound, timeout: "0.05s" } }),
    answer: () => undefined,
  },
  {
    what: "a second try after an error of the application",
    rules: caller({ route: { cluster: outbound, timeout: "0s", retry_policy: { retry_on: "5xx", num_retries: 2 } } }),
    answer: (socket, _, time) => void socket.write(time === 1 ? "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n" : ok),
  },
  {
    what: "an upgrade",
    ask: "GET / HTTP/1.1\r\nHost: callee\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    answer: (socket) =>
      void socket.end("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nhi"),
  },
  {
    what: "an upgrade the callee does not allow",
    rules: callee({
      route: { cluster: inbound, timeout: "0s", upgrade_configs: [{ upgrade_type: "websocket", enabled: false }] },
    }),
    ask: "GET / HTTP/1.1\r\nHost: callee\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
  },
  {
    what: "a refusal of gRPC",
    rules: { callee: [{ match: { path: "/none" }, route: { cluster: inbound } }] },
    ask: "POST /a.B/C HTTP/1.1\r\nHost: callee\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\n\r\n",
  },
];

/** What may differ from one request to the next, and what only a real connection has. */
function settled(text: string): string {
  return text
    .replaceAll(/\r\n(?:date|x-request-id|x-envoy-upstream-service-time): [^\r]*/gi, "")
    .replaceAll(/By=[^;\r]*;(?:Hash=[^;\r]*;)?/g, "By=;")
    .split("\r\n\r\n")
    .map((part, index) =>
      index === 0 ? [part.split("\r\n")[0], ...part.split("\r\n").slice(1).toSorted()].join("\r\n") : part,
    )
    .join("\r\n\r\n");
}

const compared = ["reporter", "response_code", "response_flags", "grpc_response_status", "request_protocol"];
compared.push("connection_security_policy", "source_principal", "destination_service");

/** Requests counted, by the labels that need no exchange of facts between the two proxies. */
function counted(metrics: string): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const line of metrics.split("\n")) {
    if (!line.startsWith("istio_requests_total{")) continue;
    const labels = compared.map((name) => `${name}=${new RegExp(`[{,]${name}="([^"]*)"`).exec(line)?.[1] ?? ""}`);
    const key = labels
      .filter((label) => !label.startsWith("source_principal") || line.includes(`reporter="destination"`))
      .join(" ");
    sums.set(key, (sums.get(key) ?? 0) + Number(line.split(" ").at(-1)));
  }
  return sums;
}

async function observe(call: Call, app: App, { rules = {}, ask = get, answer }: Scenario) {
  let time = 0;
  app.seen = [];
  app.answer = (socket, asked) => void (answer ? answer(socket, asked, (time += 1)) : socket.write(ok));
  await call.serve(rules);
  const before = counted(call.metrics());
  const head = typeof ask === "string" && ask.startsWith("HEAD");
  const got = await call.talk(ask, (text) =>
    head ? text.endsWith("\r\n\r\n") : !text.includes(" 101 ") && whole(text),
  );
  await new Promise((resolve) => setTimeout(resolve, 25));
  const metrics = [...counted(call.metrics())].flatMap(([key, value]) => {
    const more = value - (before.get(key) ?? 0);
    return more === 0 ? [] : `${key} ${more}`;
  });
  return { got: settled(got), seen: app.seen.map(settled), metrics: metrics.toSorted() };
}

describe("a call is the same in one process as over mutual TLS between two:", () => {
  const app = new App();
  const [one, two] = [new OneProcess("127.91"), new TwoProcesses()];
  before(async () => {
    const port = await app.start();
    await one.start(port);
    await two.start(port);
  });
  after(async () => {
    await one.close();
    await two.close();
    app.close();
  });
  for (const scenario of scenarios) {
    test(scenario.what, async () => {
      const apart = await observe(two, app, scenario);
      const together = await observe(one, app, scenario);
      assert.deepEqual(together, apart);
      assert.notEqual(apart.got, "");
    });
  }
});
