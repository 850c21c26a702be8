/** HAProxy and nginx as plain reverse proxies: one worker, kept connections on both sides, nothing logged. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Rival {
  readonly name: string;
  readonly program: string;
  readonly package: string;
  /** Writes a configuration into the folder; returns the arguments that run it in the foreground, as one process. */
  readonly prepare: (folder: string, port: number, originPort: number) => readonly string[];
}

export const haproxy: Rival = {
  name: "HAProxy",
  program: "/usr/sbin/haproxy",
  package: "haproxy",
  prepare(folder, port, originPort) {
    const file = join(folder, "haproxy.cfg");
    writeFileSync(
      file,
      `global
  nbthread 1
  maxconn 1024
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option http-keep-alive
  http-reuse always
frontend edge
  bind 127.0.0.1:${port}
  default_backend origin
backend origin
  server one 127.0.0.1:${originPort}
`,
    );
    // -db: no background, and no master process beside the worker.
    return ["-db", "-f", file];
  },
};

export const nginx: Rival = {
  name: "nginx",
  program: "/usr/sbin/nginx",
  package: "nginx",
  prepare(folder, port, originPort) {
    const file = join(folder, "nginx.conf");
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (kind) => `${kind}_temp_path ${folder}/${kind};`,
    );
    writeFileSync(
      file,
      `daemon off;
master_process off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log;
events { worker_connections 1024; }
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
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`,
    );
    return ["-p", folder, "-c", file];
  },
};
