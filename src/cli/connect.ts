import { parse } from "yaml";
import { remoteClient } from "../api/client/index.ts";
import { dataDirAt, readText, running } from "../app/index.ts";
import { Fault } from "../base/index.ts";
import type { Call } from "./verb.ts";

/** The door to the objects of the mesh that runs here. */
export type Client = ReturnType<typeof remoteClient>;

/** Where the API of a mesh answers, and to whom. */
export interface Access {
  /** `https://127.0.0.1:16443` */
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly token: string;
}

/** Gives the client to `run` and ends its connections afterwards. A Fault `not-running` when no mesh runs here. */
export async function withClient<T>(call: Call, run: (client: Client) => Promise<T>): Promise<T> {
  const client = remoteClient(accessOf(call.dataDir));
  try {
    return await run(client);
  } finally {
    client.close();
  }
}

export function accessOf(dataDir: string): Access {
  const dir = dataDirAt(dataDir);
  const text = running(dir) && readText(dir.kubeconfig);
  if (text === undefined) throw notRunning(dataDir);
  return read(text);
}

export function isRunning(dataDir: string): boolean {
  return running(dataDirAt(dataDir)) !== undefined;
}

export function notRunning(dataDir: string): Fault {
  return new Fault("not-running", `weft is not running here (${dataDir}); start it with: weft up samples/bookinfo`);
}

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly "certificate-authority-data": string } },
  ];
  readonly users: readonly [{ readonly user: { readonly token: string } }];
}

/** The kubeconfig that Weft itself wrote: one cluster, one user. */
function read(text: string): Access {
  const { clusters, users } = parse(text) as Kubeconfig;
  const { server, "certificate-authority-data": ca } = clusters[0].cluster;
  return { server, ca: Buffer.from(ca, "base64").toString("utf8"), token: users[0].user.token };
}
