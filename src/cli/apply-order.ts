import { Fault } from "../base/index.ts";
import { findKind, type Kind, type LocatedObject, type KubeObject } from "../model/index.ts";

/** Kinds that others need come first; kinds that are not named stand before workloads. */
const first = ["Namespace", "ImageCatalog", "ServiceAccount", "Secret", "ConfigMap", "ClusterRole", "Role"];
const then = ["ClusterRoleBinding", "RoleBinding", "Service", "ServiceEntry", "DestinationRule"];
const last = ["Pod", "ReplicaSet", "Deployment", "Gateway", "VirtualService"];

/** An object of a served kind, in the namespace it goes to. */
export interface Placed {
  readonly kind: Kind;
  readonly object: KubeObject;
}

/** In the order in which they can be created: namespaces, then what others refer to, then workloads, then routes. */
export function inOrder<T extends Placed>(placed: readonly T[]): T[] {
  return placed.toSorted((one, other) => rank(one.kind) - rank(other.kind));
}

/** Gives each object its namespace. A Fault when a file says another than the command line. */
export function place(objects: readonly LocatedObject[], namespace: string | undefined): (Placed & LocatedObject)[] {
  return objects.flatMap((located) => {
    const { object, at } = located;
    const kind = findKind(object.apiVersion, object.kind);
    if (!kind) return [];
    if (!kind.namespaced) return [{ ...located, kind }];
    const own = object.metadata.namespace;
    if (own !== undefined && namespace !== undefined && own !== namespace) {
      const message = `${object.kind} "${object.metadata.name ?? ""}" says namespace "${own}", the command line "${namespace}"`;
      throw new Fault("namespace", message, { at, remedy: `leave one of the two out, or give --namespace ${own}` });
    }
    const metadata = { ...object.metadata, namespace: own ?? namespace ?? "default" };
    return [{ ...located, kind, object: { ...object, metadata } }];
  });
}

function rank({ kind }: Kind): number {
  const end = last.indexOf(kind);
  if (end >= 0) return 100 + end;
  const start = [...first, ...then].indexOf(kind);
  return start >= 0 ? start : 50;
}
