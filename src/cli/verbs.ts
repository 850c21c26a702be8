import type { Verb } from "./verb.ts";

interface Row {
  readonly name: string;
  readonly summary: string;
  /** Not for people: absent from help. */
  readonly hidden?: boolean;
  /** Verbs are loaded when they are asked for: `weft get` waits for nothing that only `weft up` needs. */
  readonly load: () => Promise<Verb>;
}

/** Every verb, in the order help shows them. */
export const verbs = [
  {
    name: "up",
    summary: "run YAML files as a mesh on this machine, until Ctrl-C",
    load: async () => (await import("./verbs/up.ts")).up,
  },
  {
    name: "status",
    summary: "show what runs: workloads, routes, the proxy",
    load: async () => (await import("./verbs/status.ts")).status,
  },
  { name: "down", summary: "stop the mesh that runs here", load: async () => (await import("./verbs/down.ts")).down },
  {
    name: "logs",
    summary: "print what a workload wrote",
    load: async () => (await import("./verbs/logs.ts")).logs,
  },
  {
    name: "apply",
    summary: "create or change objects as files say",
    load: async () => (await import("./verbs/apply.ts")).apply,
  },
  { name: "get", summary: "show objects", load: async () => (await import("./verbs/get.ts")).get },
  { name: "delete", summary: "delete objects", load: async () => (await import("./verbs/delete.ts")).remove },
  {
    name: "validate",
    summary: "say what is wrong with files, and where",
    load: async () => (await import("./verbs/validate.ts")).validate,
  },
  {
    name: "proxy",
    summary: "run an Envoy configuration file as a proxy",
    load: async () => (await import("./verbs/proxy.ts")).proxy,
  },
  {
    name: "kubeconfig",
    summary: "print what kubectl needs to reach the mesh",
    load: async () => (await import("./verbs/kubeconfig.ts")).kubeconfig,
  },
  {
    name: "up-detached",
    summary: "the other half of `weft up --detach`",
    hidden: true,
    load: async () => (await import("./verbs/up-detached.ts")).upDetached,
  },
] as const satisfies readonly Row[];

export type VerbName = (typeof verbs)[number]["name"];
