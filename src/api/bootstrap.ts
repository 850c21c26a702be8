import { codeOf } from "../base/index.ts";
import type { Api } from "./api.ts";

/** Namespaces that every cluster has. */
const namespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];

/** Creates what is there before any user comes, where it is missing. To be awaited before the API is served. */
export async function bootstrap(api: Api): Promise<void> {
  const kind = api.kinds.byResource("v1", "namespaces");
  if (!kind) return;
  for (const name of namespaces) {
    const object = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    await api.create(kind, undefined, object).catch((error: unknown) => {
      if (codeOf(error) !== "AlreadyExists") throw error;
    });
  }
}
