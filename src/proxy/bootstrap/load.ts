import type { Position } from "../../base/index.ts";
import { type Path, readDocuments } from "../../documents/index.ts";
import { LiveWorkload } from "../config/workload.ts";
import { checkStrictly } from "../config/shape.ts";
import { Material } from "../tls/material.ts";
import type { Bootstrap } from "./bootstrap.ts";
import { references } from "./references.ts";
import { inertSurroundings, nodeOf, resourcesOf, secretsOf } from "./resources.ts";
import { bootstrapShape } from "./shape.ts";
import { type Spelt, spell } from "./spelling.ts";

/** One thing for which a bootstrap is refused. */
export interface BootstrapFault {
  /** As it stands in the file, `static_resources.clusters[0].name`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
  /** What to do. */
  readonly remedy?: string;
  readonly at: Position;
}

export interface LoadedBootstrap {
  readonly bootstrap: Bootstrap;
  /** Empty: it can be served as it is. Otherwise nothing of it may be. */
  readonly faults: readonly BootstrapFault[];
}

/** Reads a bootstrap, YAML or JSON, and gathers everything for which it must be refused. Nothing is opened or bound. */
export function loadBootstrap(text: string, file: string): LoadedBootstrap {
  const { documents, faults: unreadable } = readDocuments(text, file);
  const faults = unreadable.map(({ message, at }): BootstrapFault => ({ path: "", message, at }));
  const [document, second] = documents;
  if (faults.length > 0) return { bootstrap: {}, faults };
  const start = { file, line: 1, column: 1 };
  if (!document) return refused("", "the file is empty; a bootstrap has at least static_resources", start);
  if (second)
    return refused("", "a bootstrap is one document; a second one begins here", second.positions([]).value([]));
  const spelt = spell(bootstrapShape, document.value);
  const messages = [...spelt.faults];
  checkStrictly(bootstrapShape, spelt.value, "", messages);
  // Its shape is checked: this is where the unknown becomes a Bootstrap.
  const bootstrap = spelt.value as Bootstrap;
  if (messages.length === 0) messages.push(...references(bootstrap), ...refusals(bootstrap));
  const positions = document.positions([]);
  return {
    bootstrap,
    faults: messages.map((message) => {
      const { path, written, rest } = placed(message, spelt);
      return { path, message: rest, at: positions.key(written) };
    }),
  };
}

function refused(path: string, message: string, at: Position): LoadedBootstrap {
  return { bootstrap: {}, faults: [{ path, message, at }] };
}

/** What only compiling the resources finds: they are put in force where nothing can reach them. */
function refusals(bootstrap: Bootstrap): string[] {
  const secrets = secretsOf(bootstrap);
  const material = new Material({ secret: (name) => secrets.get(name) });
  const trial = new LiveWorkload(nodeOf(bootstrap), { ...inertSurroundings, material });
  const { changes, pathOf } = resourcesOf(bootstrap);
  const found = changes.flatMap((change) =>
    trial.apply(change).map(({ name, reason }) => `${pathOf(change.kind, name)}: ${reason}`),
  );
  trial.close();
  return found;
}

/** Splits `a.b: c[0]: what is wrong` where the path ends; what does not stand in the file is placed where it would. */
function placed(message: string, { written }: Spelt): { path: string; written: Path; rest: string } {
  let path = "";
  let rest = message;
  let place: Path = [];
  for (;;) {
    const colon = rest.indexOf(": ");
    if (colon === -1) break;
    const next = path === "" ? rest.slice(0, colon) : `${path}.${rest.slice(0, colon)}`;
    const found = written.get(next) ?? (isField(next) ? written.get(next.slice(0, next.lastIndexOf("."))) : undefined);
    if (!found) break;
    path = next;
    place = found;
    rest = rest.slice(colon + 2);
  }
  return { path, written: place, rest };
}

/** A path that ends in the name of a field. */
const isField = (path: string) => /\.@?\w+$/.test(path);
