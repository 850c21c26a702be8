import type { Kind, KubeObject, ObjectName } from "../model/index.ts";
import type { Client, Watch, WatchEvent, WatchOptions, WatchSink, WriteOptions } from "../store/index.ts";
import type { Api, WriteRequest } from "./api.ts";
import { badRequest } from "./faults.ts";

/** The door to an API in the same process. Objects handed out are frozen. */
export function localClient(api: Api): Client {
  return {
    get: async <T extends KubeObject>(kind: Kind<T>, name: ObjectName) => api.find(plain(kind), name) as T | undefined,
    list: async <T extends KubeObject>(kind: Kind<T>, options = {}) => {
      const { items, resourceVersion } = api.list(plain(kind), options);
      return { items: items as readonly T[], resourceVersion };
    },
    create: (kind, object, options) =>
      as(api.create(plain(kind), object.metadata.namespace, object, requestOf(options))),
    replace: (kind, object, options) => as(api.replace(plain(kind), nameOf(object), object, requestOf(options))),
    replaceStatus: (kind, object) => as(api.replace(plain(kind), nameOf(object), object, { status: true })),
    patch: (kind, name, patch, options) => as(api.patch(plain(kind), name, patch, requestOf(options))),
    delete: async (kind, name, options) => void (await api.delete(plain(kind), name, options)),
    watch: (kind, options, sink) => localWatch(api, kind, options, sink),
  };
}

function localWatch<T extends KubeObject>(api: Api, kind: Kind<T>, options: WatchOptions, sink: WatchSink<T>): Watch {
  let queue: WatchEvent<T>[] = [];
  let over = false;
  let watch: Watch | undefined;
  const end = (error?: unknown) => {
    if (over) return;
    over = true;
    watch?.close();
    if (error === undefined) sink.ended();
    else sink.ended(error);
  };
  // Never from inside `watch` or a write: the receiver is told in a turn of its own.
  const deliver = () => {
    const events = queue;
    queue = [];
    for (const event of events) if (!over) sink.event(event);
  };
  try {
    const resourceVersion = Number(options.resourceVersion);
    if (!Number.isSafeInteger(resourceVersion))
      throw badRequest(`invalid resource version "${options.resourceVersion}"`);
    watch = api.watch(plain(kind), { ...options, resourceVersion }, (type, object) => {
      if (queue.length === 0) queueMicrotask(deliver);
      queue.push({ type, object: object as T });
    });
  } catch (error) {
    queueMicrotask(() => end(error));
  }
  return { close: () => end() };
}

function nameOf({ metadata }: KubeObject): ObjectName {
  return { namespace: metadata.namespace, name: metadata.name ?? "" };
}

function requestOf({ dryRun, onWarning, status }: WriteOptions = {}): WriteRequest {
  return { onWarning, ...(dryRun !== undefined && { dryRun }), ...(status !== undefined && { status }) };
}

function as<T extends KubeObject>(object: Promise<KubeObject>): Promise<T> {
  return object as Promise<T>;
}

/** The type parameter of a kind is for the callers; inside, objects are objects. */
function plain<T extends KubeObject>(kind: Kind<T>): Kind {
  return kind as unknown as Kind;
}
