/**
 * Figures of a whole mesh, printed as the table that stands in bench/README.md:
 * time to ready, memory, change to effect, and many pods. `npm run bench:mesh`
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readKubeconfig, remoteClient } from "../src/api/client/index.ts";
import { kinds, type VirtualService } from "../src/model/index.ts";
import { ask, checkout, until, Weft } from "../test/weft.ts";

const sample = join(checkout, "samples/bookinfo");

export interface Figure {
  readonly what: string;
  readonly value: string;
  readonly goal: string;
}

const sorted = (values: readonly number[]) => values.toSorted((left, right) => left - right);
const quantile = (values: readonly number[], share: number) =>
  sorted(values)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;

/** Resident memory of a process, MB. */
function resident(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(found?.[1] ?? Number.NaN) / 1024;
}

async function startTimes(rounds: number): Promise<Figure[]> {
  const times: number[] = [];
  let memory = "";
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const weft = await Weft.up([sample]);
    times.push(performance.now() - start);
    const { proxy, routes } = await weft.status();
    const page = routes.find(({ url }) => url.endsWith("/productpage"))?.url ?? "";
    for (let index = 0; index < 200; index++) await ask(page);
    const control = resident(weft.process.pid ?? 0);
    const data = resident(proxy.pid ?? 0);
    memory = `${(control + data).toFixed(0)} MB (control plane ${control.toFixed(0)}, proxy ${data.toFixed(0)})`;
    await weft.close();
  }
  return [
    {
      what: "`weft up samples/bookinfo` to ready, median",
      value: `${(quantile(times, 0.5) / 1000).toFixed(2)} s`,
      goal: "≤ 5 s",
    },
    { what: "resident memory, control plane + proxy, after 200 pages", value: memory, goal: "≤ 200 MB" },
  ];
}

/** Two states of one VirtualService, written through the API; the effect is a response header that a request sees. */
async function changeToEffect(changes: number): Promise<Figure[]> {
  const weft = await Weft.up([sample]);
  try {
    const { routes } = await weft.status();
    const page = new URL(routes.find(({ url }) => url.endsWith("/productpage"))?.url ?? "");
    const client = remoteClient(readKubeconfig(readFileSync(join(weft.dataDir, "kubeconfig"), "utf8")));
    const taken: number[] = [];
    for (let change = 0; change < changes; change++) {
      const object: VirtualService = {
        apiVersion: "networking.istio.io/v1",
        kind: "VirtualService",
        metadata: { name: "probe", namespace: "default" },
        spec: {
          hosts: ["*"],
          gateways: ["bookinfo-gateway"],
          http: [
            {
              match: [{ uri: { exact: "/probe" } }],
              directResponse: { status: 200, body: { string: `change ${change}` } },
            },
          ],
        },
      };
      const start = performance.now();
      await (change === 0
        ? client.create(kinds.VirtualService, object)
        : client.patch(kinds.VirtualService, object.metadata as { name: string }, {
            type: "merge",
            body: { spec: object.spec },
          }));
      for (;;) {
        const { body } = await ask(new URL("/probe", page).href);
        if (body === `change ${change}`) break;
      }
      taken.push(performance.now() - start);
    }
    client.close();
    return [
      {
        what: `change to effect at the gateway, ${changes} changes, p50 / p99`,
        value: `${quantile(taken, 0.5).toFixed(0)} ms / ${quantile(taken, 0.99).toFixed(0)} ms`,
        goal: "p99 ≤ 200 ms",
      },
    ];
  } finally {
    await weft.close();
  }
}

async function manyPods(count: number): Promise<Figure[]> {
  const weft = await Weft.up([sample]);
  try {
    const start = performance.now();
    await weft.apply(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: small, namespace: default }
spec:
  replicas: ${count}
  selector: { matchLabels: { app: small } }
  template:
    metadata: { labels: { app: small } }
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{ name: sleep, image: any, command: [sleep, "600"] }]
`);
    await until(async () => {
      const ready = await weft.kubectlOk(["get", "deployment", "small", "-o", "jsonpath={.status.readyReplicas}"]);
      return Number(ready) === count;
    }, 60_000);
    const took = (performance.now() - start) / 1000;
    return [
      { what: `${count} pods of a small program, applied to all ready`, value: `${took.toFixed(1)} s`, goal: "≤ 15 s" },
    ];
  } finally {
    await weft.close();
  }
}

export async function measureMesh(): Promise<readonly Figure[]> {
  return [...(await startTimes(5)), ...(await changeToEffect(200)), ...(await manyPods(50))];
}

if (import.meta.main) {
  const figures = await measureMesh();
  process.stdout.write("| what | measured | goal |\n|---|---|---|\n");
  for (const { what, value, goal } of figures) process.stdout.write(`| ${what} | ${value} | ${goal} |\n`);
}
