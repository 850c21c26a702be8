/** Programs that we did not write, started on free ports of 127.0.0.1 with all they write in one folder. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdirSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { until } from "../weft.ts";

/** Where a program is; undefined: it is not installed. */
export function programPath(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"];
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address: AddressInfo | string | null = server.address();
  server.close();
  return typeof address === "object" && address ? address.port : 0;
}

export interface Program {
  close(): Promise<void>;
}

/** Runs a server until it is closed; resolves once it takes connections on every port. */
export async function started(path: string, args: readonly string[], ports: readonly number[]): Promise<Program> {
  const child: ChildProcess = spawn(path, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => void (said += text));
  const closed = once(child, "close");
  const close = async () => {
    child.kill("SIGKILL");
    await closed;
  };
  try {
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`${path} ended: ${said}`);
      return (await Promise.all(ports.map(takesConnections))).every(Boolean);
    });
  } catch (error) {
    await close();
    throw new Error(`${path} does not serve: ${said}`, { cause: error });
  }
  return { close };
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

/** A way through a reverse proxy: the port it takes HTTP/1.1 or HTTP/2 on, and the one it leads to. */
export interface Way {
  readonly from: number;
  readonly to: number;
  /** What it takes with prior knowledge. */
  readonly http2?: boolean;
  /** What it speaks on. */
  readonly http2Onward?: boolean;
}

export function startHaproxy(path: string, folder: string, ways: readonly Way[]): Promise<Program> {
  const parts = ways.map(
    ({ from, to, http2, http2Onward }) => `listen to${from}
  bind 127.0.0.1:${from}${http2 ? " proto h2" : ""}
  server next 127.0.0.1:${to}${http2Onward ? " proto h2" : ""}
`,
  );
  const file = join(folder, "haproxy.cfg");
  writeFileSync(
    file,
    `global
  maxconn 500
defaults
  mode http
  timeout connect 5s
  timeout client 20s
  timeout server 20s
${parts.join("")}`,
  );
  const ports = ways.map(({ from }) => from);
  return started(path, ["-db", "-f", file], ports);
}

export function startNginx(path: string, folder: string, ways: readonly Way[]): Promise<Program> {
  const home = join(folder, "nginx");
  mkdirSync(home);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `  ${kind}_temp_path ${home}/${kind};\n`,
  );
  const servers = ways.map(
    ({ from, to, http2 }) => `  upstream next${from} { server 127.0.0.1:${to}; keepalive 8; }
  server {
    listen 127.0.0.1:${from}${http2 ? " http2" : ""};
    location / {
      proxy_pass http://next${from};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
`,
  );
  const file = join(home, "nginx.conf");
  writeFileSync(
    file,
    `daemon off;
master_process off;
pid ${home}/pid;
error_log ${home}/errors;
events { worker_connections 500; }
http {
  access_log off;
  client_max_body_size 8m;
${temporary.join("")}${servers.join("")}}
`,
  );
  return started(
    path,
    ["-e", `${home}/errors`, "-c", file],
    ways.map(({ from }) => from),
  );
}
