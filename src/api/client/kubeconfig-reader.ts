import { parse } from "yaml";
import { Fault } from "../../base/index.ts";
import type { ConnectionOptions } from "./connection.ts";

interface Named {
  readonly name?: string;
  readonly context?: { readonly cluster?: string; readonly user?: string };
  readonly cluster?: { readonly server?: string; readonly "certificate-authority-data"?: string };
  readonly user?: { readonly token?: string };
}

interface Kubeconfig {
  readonly "current-context"?: string;
  readonly contexts?: readonly Named[];
  readonly clusters?: readonly Named[];
  readonly users?: readonly Named[];
}

/** The server, authority and token of a kubeconfig's current context. */
export function readKubeconfig(text: string): ConnectionOptions {
  const config = (parse(text) ?? {}) as Kubeconfig;
  const context = named(config.contexts, config["current-context"])?.context;
  const cluster = named(config.clusters, context?.cluster)?.cluster;
  const user = named(config.users, context?.user)?.user;
  const authority = cluster?.["certificate-authority-data"];
  if (!cluster?.server || !authority || !user?.token) {
    throw new Fault(
      "kubeconfig",
      "the kubeconfig's current context names no server with certificate-authority-data and token",
      {
        remedy: "make one with `weft kubeconfig`",
      },
    );
  }
  return { server: cluster.server, ca: Buffer.from(authority, "base64").toString("utf8"), token: user.token };
}

function named(list: readonly Named[] | undefined, name: string | undefined): Named | undefined {
  return list?.find((entry) => entry.name === name);
}
