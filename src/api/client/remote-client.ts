import type { Kind, KubeObject, ObjectName } from "../../model/index.ts";
import {
  ApiFault,
  type Client,
  type ListOptions,
  type Patch,
  type Watch,
  type WatchOptions,
  type WatchSink,
  type WriteOptions,
} from "../../store/index.ts";
import { Connection, type ConnectionOptions, faultOf } from "./connection.ts";
import { readKubeconfig } from "./kubeconfig-reader.ts";

export type RemoteClientOptions = ConnectionOptions | { readonly kubeconfig: string };

const patchTypes: Readonly<Record<Patch["type"], string>> = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
};

/** The door to an API server over HTTPS, in the version of each kind that is preferred. Idle connections are ended by `close`. */
export function remoteClient(options: RemoteClientOptions): Client & { close(): void } {
  const connection = new Connection("kubeconfig" in options ? readKubeconfig(options.kubeconfig) : options);
  const write = <T>(method: string, path: string, body: unknown, options: WriteOptions = {}, contentType?: string) => {
    const { onWarning } = options;
    const ask = { method, path: path + writeQuery(options), body, onWarning };
    return connection.json(contentType === undefined ? ask : { ...ask, contentType }) as Promise<T>;
  };
  return {
    async get<T extends KubeObject>(kind: Kind<T>, name: ObjectName): Promise<T | undefined> {
      try {
        return (await connection.json({ method: "GET", path: objectPath(kind, name) })) as T;
      } catch (error) {
        if (error instanceof ApiFault && error.status === 404) return undefined;
        throw error;
      }
    },

    async list<T extends KubeObject>(kind: Kind<T>, options: ListOptions = {}) {
      const path = collectionPath(kind, options.namespace) + query(selectors(options));
      const answer = (await connection.json({ method: "GET", path })) as {
        items: T[];
        metadata: { resourceVersion: string };
      };
      // Lists of a real cluster leave these out of their items.
      const items = answer.items.map((item) => ({ ...item, apiVersion: apiVersionOf(kind), kind: kind.kind }));
      return { items, resourceVersion: answer.metadata.resourceVersion };
    },

    create: (kind, object, options) =>
      write(
        "POST",
        collectionPath(kind, kind.namespaced ? (object.metadata.namespace ?? "default") : undefined),
        object,
        options,
      ),
    replace: (kind, object, options) => write("PUT", objectPath(kind, nameOf(object)), object, options),
    replaceStatus: (kind, object) => write("PUT", `${objectPath(kind, nameOf(object))}/status`, object),
    patch: (kind, name, patch, options) =>
      write(
        "PATCH",
        objectPath(kind, name) + (options?.status ? "/status" : ""),
        patch.body,
        options,
        patchTypes[patch.type],
      ),

    async delete(kind, name, options = {}) {
      const { uid, dryRun, gracePeriodSeconds, propagationPolicy = "Background" } = options;
      await connection.json({
        method: "DELETE",
        path: objectPath(kind, name),
        body: {
          apiVersion: "v1",
          kind: "DeleteOptions",
          propagationPolicy,
          ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
          ...(uid !== undefined && { preconditions: { uid } }),
          ...(dryRun && { dryRun: ["All"] }),
        },
      });
    },

    watch: (kind, options, sink) => remoteWatch(connection, kind, options, sink),
    close: () => connection.close(),
  };
}

function remoteWatch<T extends KubeObject>(
  connection: Connection,
  kind: Kind<T>,
  options: WatchOptions,
  sink: WatchSink<T>,
): Watch {
  const aborter = new AbortController();
  let over = false;
  const end = (error?: unknown) => {
    if (over) return;
    over = true;
    aborter.abort();
    if (error === undefined) sink.ended();
    else sink.ended(error);
  };
  const follow = async () => {
    const { resourceVersion } = options;
    const path =
      collectionPath(kind, options.namespace) +
      query({ ...selectors(options), watch: "true", allowWatchBookmarks: "true", resourceVersion });
    const response = await connection.open({ method: "GET", path, signal: aborter.signal });
    // Heard by the loop below; after its end nobody else needs to.
    response.on("error", () => undefined);
    let rest = "";
    response.setEncoding("utf8");
    for await (const chunk of response) {
      const lines = (rest + String(chunk)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (over) return;
        const event = JSON.parse(line) as { type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR"; object: T };
        if (event.type === "ERROR") return end(faultOf(500, event.object));
        sink.event({ type: event.type, object: event.object });
      }
    }
    throw new Error("the server ended the watch");
  };
  follow().catch((error: unknown) => end(error));
  return { close: () => end() };
}

function apiVersionOf<T extends KubeObject>({ group, versions }: Kind<T>): string {
  return group === "" ? versions[0] : `${group}/${versions[0]}`;
}

function collectionPath<T extends KubeObject>(kind: Kind<T>, namespace: string | undefined): string {
  const { group, versions, plural, namespaced } = kind;
  const root = group === "" ? `/api/${versions[0]}` : `/apis/${group}/${versions[0]}`;
  return namespaced && namespace !== undefined
    ? `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`
    : `${root}/${plural}`;
}

function objectPath<T extends KubeObject>(kind: Kind<T>, { namespace = "default", name }: ObjectName): string {
  return `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`;
}

function nameOf({ metadata }: KubeObject): ObjectName {
  return { namespace: metadata.namespace, name: metadata.name ?? "" };
}

function writeQuery({ dryRun, fieldManager }: WriteOptions): string {
  return query({ dryRun: dryRun ? "All" : undefined, fieldManager });
}

function selectors({ labelSelector, fieldSelector }: ListOptions) {
  return { labelSelector, fieldSelector };
}

function query(values: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}
