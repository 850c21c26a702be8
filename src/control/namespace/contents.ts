import { allKinds, type Kind, type KubeObject } from "../../model/index.ts";
import { ApiFault, type Client } from "../../store/index.ts";

const namespaced = allKinds.filter((kind) => kind.namespaced);

/** Asks every object of the namespace to go. Returns what is still there, by resource: it ends in its own time. */
export async function sweep(client: Client, namespace: string): Promise<ReadonlyMap<string, number>> {
  const left = new Map<string, number>();
  for (const kind of namespaced) {
    for (const object of await objectsOf(client, kind, namespace)) {
      if (!object.metadata.deletionTimestamp) await remove(client, kind, object);
    }
    const remaining = (await objectsOf(client, kind, namespace)).length;
    if (remaining > 0) left.set(kind.group ? `${kind.plural}.${kind.group}` : kind.plural, remaining);
  }
  return left;
}

async function objectsOf(client: Client, kind: Kind, namespace: string): Promise<readonly KubeObject[]> {
  const { items } = await client.list(kind, { namespace });
  return items;
}

async function remove(client: Client, kind: Kind, { metadata }: KubeObject): Promise<void> {
  const { namespace, name = "", uid = "" } = metadata;
  try {
    await client.delete(kind, { namespace, name }, { uid });
  } catch (error) {
    // Gone, or another of the name by now: the next look will tell.
    if (!(error instanceof ApiFault && (error.status === 404 || error.status === 409))) throw error;
  }
}
