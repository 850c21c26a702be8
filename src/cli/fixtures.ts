/** For tests: a terminal that keeps what was written, and a mesh that is only said to run. */
import { ManualClock } from "../base/index.ts";
import type { Summary } from "../app/index.ts";
import type { Terminal } from "./terminal.ts";

export interface HeldTerminal extends Terminal {
  readonly said: { out: string; err: string };
  /** What Ctrl-C does. */
  readonly stop: () => void;
  readonly clock: ManualClock;
}

export function heldTerminal(given: Partial<Pick<Terminal, "env" | "input" | "isTerminal">> = {}): HeldTerminal {
  const said = { out: "", err: "" };
  let asked: () => void = () => undefined;
  return {
    said,
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
    input: () => Promise.resolve(""),
    isTerminal: false,
    colours: false,
    columns: 80,
    env: {},
    clock: new ManualClock(),
    onStop(stop) {
      asked = stop;
      return () => void (asked = () => undefined);
    },
    stop: () => asked(),
    ...given,
  };
}

export const readyMesh: Summary = {
  ready: true,
  network: "loopback",
  dataDir: "/tmp/mesh",
  api: "https://127.0.0.1:16443",
  kubeconfig: "/tmp/my mesh/kubeconfig",
  metrics: "http://127.0.0.1:15014/metrics",
  admin: "http://127.0.0.1:15000/",
  workloads: [
    { kind: "Deployment", namespace: "default", name: "details-v1", ready: 1, desired: 1, reasons: [] },
    { kind: "Deployment", namespace: "default", name: "reviews-v1", ready: 2, desired: 2, reasons: [] },
  ],
  routes: [{ url: "http://127.0.0.1:8080/productpage", hosts: ["*"], gateway: "default/bookinfo" }],
  proxy: { pid: 4711, nodes: 3, refused: [] },
  notes: [],
};

export const waitingMesh: Summary = {
  ...readyMesh,
  ready: false,
  workloads: [
    ...readyMesh.workloads,
    { kind: "Pod", namespace: "shop", name: "job", ready: 0, desired: 1, reasons: ["its image is not known"] },
  ],
  notes: ["port 8080 was taken; 18080 is used instead"],
};
