import type { Store } from "./store.ts";
import { VersionedStore } from "./versioned-store.ts";

/** A store that lives as long as the process. `historyLength`: how many writes a watch can look back. */
export function openMemoryStore(options: { readonly historyLength?: number } = {}): Store {
  return new VersionedStore({ historyLength: options.historyLength ?? 10_000 });
}
