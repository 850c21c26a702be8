import { randomUUID } from "node:crypto";
import { type Clock, codeOf } from "../base/index.ts";
import { type Kind, keyOf, type KubeObject, type ObjectName } from "../model/index.ts";
import {
  ApiFault,
  type Client,
  openMemoryStore,
  type WatchEvent,
  type WatchOptions,
  type WatchSink,
} from "../store/index.ts";

const resourceOf = ({ plural, group }: Pick<Kind, "plural" | "group">) =>
  group === "" ? plural : `${plural}.${group}`;
const copyOf = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/**
 * For tests of controllers: a store behind the Client's door that versions, marks pods for deletion and refuses conflicts
 * as the API server does, without validation and defaults.
 */
export function memoryClient(clock: Clock): Client {
  const store = openMemoryStore();
  const timestamp = () => new Date(clock.now()).toISOString().replace(/\.\d+/, "");
  const refuse = (status: number, reason: string) => new ApiFault(status, reason, reason);
  const faultOf = (error: unknown) =>
    codeOf(error) === "store-exists"
      ? refuse(409, "AlreadyExists")
      : codeOf(error) === "store-missing"
        ? refuse(404, "NotFound")
        : codeOf(error) === "store-conflict"
          ? refuse(409, "Conflict")
          : error;
  const find = <T extends KubeObject>(kind: Kind<T>, { namespace, name }: ObjectName) =>
    store.get(resourceOf(kind), keyOf({ metadata: { name, ...(namespace && { namespace }) } })) as T | undefined;
  const must = <T extends KubeObject>(kind: Kind<T>, name: ObjectName): T => {
    const found = find(kind, name);
    if (!found) throw refuse(404, "NotFound");
    return found;
  };

  async function update<T extends KubeObject>(kind: Kind<T>, object: T, change: (current: T) => T): Promise<T> {
    const { namespace, name = "", resourceVersion, uid } = object.metadata;
    const current = must(kind, { namespace, name });
    const version = current.metadata.resourceVersion ?? "";
    if (resourceVersion && resourceVersion !== version) throw refuse(409, "Conflict");
    if (uid && uid !== current.metadata.uid) throw refuse(409, "Conflict");
    const changed = copyOf(change(current));
    const write = { type: "update" as const, resource: resourceOf(kind), object: changed, version };
    return (await store.write(write).catch((error: unknown) => Promise.reject(faultOf(error) as Error))) as T;
  }

  async function remove<T extends KubeObject>(kind: Kind<T>, current: T): Promise<void> {
    const version = current.metadata.resourceVersion ?? "";
    await store.write({ type: "delete", resource: resourceOf(kind), key: keyOf(current), version });
  }

  return {
    get: async (kind, name) => find(kind, name),
    list: async <T extends KubeObject>(kind: Kind<T>) => {
      const { objects, version } = store.list(resourceOf(kind));
      return { items: objects as readonly T[], resourceVersion: String(version) };
    },
    create: async <T extends KubeObject>(kind: Kind<T>, object: T) => {
      const draft = copyOf<KubeObject>(object);
      draft.metadata = { ...draft.metadata, uid: randomUUID(), creationTimestamp: timestamp(), generation: 1 };
      draft.metadata.name ??= `${draft.metadata.generateName ?? ""}${randomUUID().slice(0, 5)}`;
      if (kind.kind === "Pod") draft["status"] ??= { phase: "Pending" };
      const write = { type: "create" as const, resource: resourceOf(kind), object: draft };
      return (await store.write(write).catch((error: unknown) => Promise.reject(faultOf(error) as Error))) as T;
    },
    replace: (kind, object) => update(kind, object, (current) => ({ ...object, status: current["status"] })),
    replaceStatus: (kind, object) => update(kind, object, (current) => ({ ...current, status: object["status"] })),
    patch: (kind, name, { body }) =>
      update(kind, must(kind, name), (current) => merged(current, body) as typeof current),
    delete: async (kind, name, { gracePeriodSeconds, uid } = {}) => {
      const current = must(kind, name);
      if (uid && uid !== current.metadata.uid) throw refuse(409, "Conflict");
      const isBound = kind.kind === "Pod" && (current["spec"] as { nodeName?: string }).nodeName !== undefined;
      const grace = isBound ? (gracePeriodSeconds ?? 30) : 0;
      if (grace === 0) return remove(kind, current);
      const marks = { deletionTimestamp: timestamp(), deletionGracePeriodSeconds: grace };
      await update(kind, current, () => ({ ...current, metadata: { ...current.metadata, ...marks } }));
    },
    watch: <T extends KubeObject>(kind: Kind<T>, { resourceVersion }: WatchOptions, sink: WatchSink<T>) =>
      store.watch(resourceOf(kind), Number(resourceVersion), ({ type, object }) => {
        const event = { type, object } as WatchEvent<T>;
        queueMicrotask(() => sink.event(event));
      }),
  };
}

function merged(current: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const base: Record<string, unknown> = typeof current === "object" && current !== null ? { ...current } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete base[key];
    else if (value !== undefined) base[key] = merged(base[key], value);
  }
  return base;
}
