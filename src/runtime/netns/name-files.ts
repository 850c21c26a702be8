import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Mount, SandboxSpec } from "../sandbox.ts";

const meshDns = "10.96.0.10";

/** Writes what a pod finds in `/etc` about names, and says where it is mounted. */
export async function writeNameFiles(spec: SandboxSpec, podIP: string, folder: string): Promise<Mount[]> {
  const files: Readonly<Record<string, string>> = {
    "resolv.conf": resolvConf(spec.namespace),
    hosts: hosts(spec, podIP),
    hostname: `${spec.hostname}\n`,
  };
  await mkdir(folder, { recursive: true });
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
  return Object.keys(files).map((name) => ({ source: join(folder, name), path: `/etc/${name}`, readOnly: false }));
}

/** As kubelet writes it for `dnsPolicy: ClusterFirst`. */
function resolvConf(namespace: string): string {
  return `search ${namespace}.svc.cluster.local svc.cluster.local cluster.local\nnameserver ${meshDns}\noptions ndots:5\n`;
}

/** As kubelet writes it, without IPv6, which pods here do not have. */
function hosts(spec: Pick<SandboxSpec, "hostname" | "hostAliases">, podIP: string): string {
  const aliases = spec.hostAliases.map(({ ip, hostnames }) => `${ip}\t${hostnames.join("\t")}\n`);
  return `127.0.0.1\tlocalhost\n${podIP}\t${spec.hostname}\n${aliases.join("")}`;
}
