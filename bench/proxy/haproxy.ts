/** HAProxy with one thread, kept connections on both sides, nothing logged. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { cores, freePort, listening, Program } from "./program.ts";
import type { Run } from "./work.ts";

export const haproxy = { program: "/usr/sbin/haproxy", package: "haproxy" };

export interface HaproxyHop {
  readonly originPort: number;
  readonly mode?: "http" | "tcp";
  /** Behind `bind` and `server`: TLS, HTTP/2. */
  readonly bind?: string;
  readonly server?: string;
}

export async function startHaproxy(run: Run, hop: HaproxyHop) {
  const port = await freePort();
  const file = join(run.folder, `haproxy-${port}.cfg`);
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 12000
  no strict-limits
defaults
  mode ${hop.mode ?? "http"}
  timeout connect 5s
  timeout client 60s
  timeout server 60s
${hop.mode === "tcp" ? "" : "  option http-keep-alive\n  http-reuse always\n"}frontend edge
  bind 127.0.0.1:${port} ${hop.bind ?? ""}
  default_backend origin
backend origin
  server one 127.0.0.1:${hop.originPort} ${hop.server ?? ""}
`,
  );
  // -db: no background, and no master process beside the worker.
  const program = run.keep(Program.of(haproxy.program, ["-db", "-f", file], { core: cores.proxy }));
  await listening(port, program);
  return { programs: [program], port };
}
