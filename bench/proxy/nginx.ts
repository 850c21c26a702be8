/** nginx with one worker, kept connections on both sides, nothing logged. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cores, freePort, listening, Program } from "./program.ts";
import type { Run } from "./work.ts";

export const nginx = { program: "/usr/sbin/nginx", package: "nginx" };

export interface NginxHop {
  readonly originPort: number;
  /** gRPC: HTTP/2 on both sides. */
  readonly grpc?: boolean;
  /** What else the server says, and what else is said to the origin: TLS. */
  readonly server?: readonly string[];
  readonly pass?: readonly string[];
}

export async function startNginx(run: Run, { originPort, grpc, server, pass = [] }: NginxHop) {
  const port = await freePort();
  const folder = join(run.folder, `nginx-${port}`);
  mkdirSync(folder);
  const file = join(folder, "nginx.conf");
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  const onward = grpc
    ? ["grpc_pass grpc://origin"]
    : [
        `proxy_pass ${pass.length > 0 ? "https" : "http"}://origin`,
        "proxy_http_version 1.1",
        'proxy_set_header Connection ""',
        ...pass,
      ];
  writeFileSync(
    file,
    `daemon off;
master_process off;
worker_processes 1;
worker_rlimit_nofile 15000;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log;
events { worker_connections 12000; }
http {
  access_log off;
  ${paths.join("\n  ")}
  keepalive_requests 100000000;
  upstream origin {
    server 127.0.0.1:${originPort};
    keepalive 128;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:${port}${grpc ? " http2" : ""}${server ? " ssl" : ""};
    ${(server ?? []).map((line) => `${line};`).join("\n    ")}
    location / {
      ${onward.map((line) => `${line};`).join("\n      ")}
    }
  }
}
`,
  );
  const program = run.keep(Program.of(nginx.program, ["-p", folder, "-c", file], { core: cores.proxy }));
  await listening(port, program);
  return { programs: [program], port };
}
