import { apiVersionOf, type Kind, type KubeObject, type OwnerReference, type Selector } from "../model/index.ts";
import { type Client } from "../store/index.ts";

/** The one owner that manages the object, if any. */
export function controllerOf({ metadata }: Pick<KubeObject, "metadata">): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** What a managed object says of the owner that manages it. */
export function ownedBy<T extends KubeObject>(kind: Kind<T>, { metadata }: T): OwnerReference {
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    name: metadata.name ?? "",
    uid: metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}

export interface Claim<O extends KubeObject, T extends KubeObject> {
  readonly client: Client;
  readonly ownerKind: Kind<O>;
  readonly owner: O;
  /** Which labels the owner asks for. */
  readonly selector: Selector;
  readonly kind: Kind<T>;
  /** All objects of the owner's namespace. */
  readonly candidates: readonly T[];
  /** Which orphans are worth having; default all. */
  readonly wanted?: (object: T) => boolean;
}

/**
 * The objects that the owner manages. Orphans that match its selector are adopted, owned ones that no longer match are released:
 * the selector says what belongs together, the owner reference who may touch it.
 */
export async function claim<O extends KubeObject, T extends KubeObject>(claim: Claim<O, T>): Promise<T[]> {
  const { owner, selector, candidates, wanted = () => true } = claim;
  const mine: T[] = [];
  for (const object of candidates) {
    const controller = controllerOf(object);
    const matches = selector.matches(object.metadata.labels);
    if (controller?.uid === owner.metadata.uid) {
      if (matches || owner.metadata.deletionTimestamp) mine.push(object);
      else await release(claim, object);
    } else if (!controller && matches && mayAdopt(owner, object) && wanted(object))
      mine.push(await adopt(claim, object));
  }
  return mine;
}

function mayAdopt(owner: KubeObject, object: KubeObject): boolean {
  return !owner.metadata.deletionTimestamp && !object.metadata.deletionTimestamp;
}

function adopt<O extends KubeObject, T extends KubeObject>({ client, kind, ownerKind, owner }: Claim<O, T>, object: T) {
  return setOwners(client, kind, object, [...(object.metadata.ownerReferences ?? []), ownedBy(ownerKind, owner)]);
}

function release<O extends KubeObject, T extends KubeObject>({ client, kind, owner }: Claim<O, T>, object: T) {
  const others = object.metadata.ownerReferences?.filter(({ uid }) => uid !== owner.metadata.uid) ?? [];
  return setOwners(client, kind, object, others);
}

/** Replaces the owner references of just this version of the object. */
export function setOwners<T extends KubeObject>(
  client: Client,
  kind: Kind<T>,
  { metadata: { namespace, name = "", uid, resourceVersion } }: T,
  ownerReferences: readonly OwnerReference[],
): Promise<T> {
  const body = { metadata: { uid, resourceVersion, ownerReferences } };
  return client.patch(kind, { namespace, name }, { type: "merge", body });
}
