import { codeOf } from "../base/index.ts";
import type { Kind, KubeObject } from "../model/index.ts";
import type { Client } from "./connect.ts";
import type { Terminal } from "./terminal.ts";

export interface Follow {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string;
  /** What was seen already. */
  readonly known: { readonly resourceVersion: string; readonly objects: readonly KubeObject[] };
}

/** Hands on every change until the user stops it (130, as a shell counts Ctrl-C). A connection that breaks is thrown. */
export async function follow(
  client: Client,
  terminal: Pick<Terminal, "onStop">,
  { kind, known, ...selection }: Follow,
  changed: (object: KubeObject) => void,
): Promise<number> {
  let { resourceVersion } = known;
  const seen = new Map(known.objects.map(({ metadata }) => [metadata.uid, metadata.resourceVersion]));
  const pass = (object: KubeObject) => {
    const { uid, resourceVersion: version } = object.metadata;
    if (seen.get(uid) === version) return;
    seen.set(uid, version);
    changed(object);
  };
  const aborter = new AbortController();
  const { signal } = aborter;
  const stop = () => aborter.abort();
  const forget = terminal.onStop(stop, stop);
  try {
    while (!signal.aborted) {
      const error = await new Promise<unknown>((resolve) => {
        const sink = {
          event: ({ type, object }: { type: string; object: KubeObject }) => {
            if (type !== "BOOKMARK") pass(object);
          },
          ended: resolve,
        };
        const watch = client.watch(kind, { ...selection, resourceVersion }, sink);
        signal.addEventListener("abort", () => watch.close(), { once: true });
      });
      if (signal.aborted) break;
      if (codeOf(error) !== "Expired" && codeOf(error) !== "Gone") throw error;
      // Too much has happened meanwhile: what is there now stands for it.
      const list = await client.list(kind, selection);
      for (const object of list.items) pass(object);
      ({ resourceVersion } = list);
    }
    return 130;
  } finally {
    forget();
  }
}
