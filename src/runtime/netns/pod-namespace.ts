import { spawn } from "node:child_process";
import { Fault } from "../../base/index.ts";
import { macOf, nodeAddress, type PodAddress } from "./addresses.ts";
import { initPidOf } from "./node-namespace.ts";
import { program, run, signalProcess } from "./programs.ts";

/** A pod's net, pid, uts and ipc namespaces, held by a process that only sleeps. */
export interface PodNamespace {
  /** Pid 1 of the pod, as the agent sees it; its death ends everything in the pod. */
  readonly pid: number;
  readonly gone: Promise<void>;
  end(): Promise<void>;
}

// Pid 1 of the pod inherits the pod's orphans: with CHLD ignored, which `exec` keeps, the kernel reaps them.
const holdScript = `
set -e
"$1" "$2"
for switch in ipv4/ip_unprivileged_port_start=0 ipv6/conf/all/disable_ipv6=1 ipv6/conf/default/disable_ipv6=1; do
  if [ -e "/proc/sys/net/\${switch%=*}" ]; then echo "\${switch#*=}" >"/proc/sys/net/\${switch%=*}"; fi
done
echo made
"$3" -batch -
echo linked
trap '' CHLD
exec "$4" infinity </dev/null >/dev/null 2>&1
`;

/** Makes a pod's namespaces and joins them to the node's bridge. */
export async function makePodNamespace(hostname: string, address: PodAddress): Promise<PodNamespace> {
  const spaces = ["--net", "--mount", "--pid", "--uts", "--ipc", "--mount-proc", "--propagation", "private"];
  const script = [program("sh"), "-c", holdScript, "weft-pod"];
  // A host name has at most 64 bytes on Linux; Kubernetes cuts at 63.
  const values = [program("hostname"), hostname.slice(0, 63), program("ip"), program("sleep")];
  const args = [...spaces, "--fork", "--kill-child=KILL", ...script, ...values];
  const child = spawn(program("unshare"), args, { stdio: ["pipe", "pipe", "pipe"], cwd: "/", detached: true });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(0, 4000)));
  child.stdin.on("error", () => undefined);
  const gone = new Promise<void>((resolve) => {
    child.on("exit", () => resolve());
    child.on("error", () => resolve());
  });
  const lines = child.stdout.setEncoding("utf8")[Symbol.asyncIterator]();
  const expect = async (word: string) => {
    const next: IteratorResult<string> = await lines.next();
    if (next.done || !next.value.includes(word))
      throw new Fault("pod-network", `the pod's namespaces cannot be made: ${said.trim()}`);
  };
  try {
    await expect("made");
    if (child.pid === undefined) throw new Fault("pod-network", "the pod's namespaces cannot be made");
    await run("ip", ["-batch", "-"], nodeSide(address, child.pid));
    child.stdin.end(podSide(address));
    await expect("linked");
    const pid = await initPidOf(child.pid);
    const end = () => {
      if (child.exitCode === null && child.signalCode === null) signalProcess(pid, "SIGKILL");
      return gone;
    };
    return { pid, gone, end };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

// Isolated ports of a bridge reach the node only, never each other.
function nodeSide({ index, realIP, mac }: PodAddress, pid: number): string {
  const port = `pod${index}`;
  return [
    `link add ${port} type veth peer name eth0 address ${mac} netns ${pid}`,
    `link set ${port} master weft0 up`,
    `link set ${port} type bridge_slave isolated on`,
    `neigh replace ${realIP} lladdr ${mac} dev weft0 nud permanent`,
    "",
  ].join("\n");
}

// No route but to the node: even a neighbour's real address is reached, if at all, through it.
function podSide({ podIP, realIP }: PodAddress): string {
  return [
    "link set lo up",
    `addr add ${podIP}/32 dev lo`,
    `addr add ${realIP}/32 dev eth0`,
    "link set eth0 up",
    `neigh replace ${nodeAddress} lladdr ${macOf(1)} dev eth0 nud permanent`,
    `route add ${nodeAddress} dev eth0 src ${realIP}`,
    `route add default via ${nodeAddress} src ${realIP}`,
    "",
  ].join("\n");
}
