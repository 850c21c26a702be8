import { Connection, readKubeconfig } from "../api/index.ts";
import { Fault } from "../base/index.ts";
import { statusPath } from "./control-plane.ts";
import { dataDirAt, readText } from "./data-dir.ts";
import type { Summary } from "./options.ts";
import { running } from "./record.ts";

/** What the mesh of a data directory says about itself. A Fault `not-running` when none does. */
export async function readStatus(dataDir: string): Promise<Summary> {
  const dir = dataDirAt(dataDir);
  const text = running(dir) && readText(dir.kubeconfig);
  if (text === undefined) throw new Fault("not-running", `weft is not running here (${dataDir})`);
  const connection = new Connection(readKubeconfig(text));
  try {
    return (await connection.json({ method: "GET", path: statusPath })) as Summary;
  } finally {
    connection.close();
  }
}
