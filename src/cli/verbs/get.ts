import { Fault } from "../../base/index.ts";
import type { Kind, KubeObject } from "../../model/index.ts";
import { type Client, withClient } from "../connect.ts";
import { everyNamespace, labelOption, namespaceOption } from "../options.ts";
import { documentOf, type Form, forms, headsOf, rowOf, type Rows } from "../printer.ts";
import { Table } from "../table.ts";
import { type Call, Misuse, type Verb } from "../verb.ts";
import { resourceOf, singularOf, type Wanted, wantedOf } from "../wanted.ts";
import { type Follow, follow } from "../watching.ts";

export const get: Verb = {
  usage: "KIND [NAME…]",
  text: "KIND is a kind's name, plural or short name, several with commas between, or `all`; KIND/NAME works too.",
  operands: [1, Infinity],
  options: {
    ...namespaceOption,
    ...everyNamespace,
    ...labelOption,
    output: { type: "string", short: "o", value: "FORM", summary: "how to print", choices: forms },
    watch: { type: "boolean", short: "w", summary: "then print every change, until Ctrl-C" },
    "no-headers": { type: "boolean", summary: "rows only" },
  },
  examples: [
    { line: "weft get pods", says: "what runs" },
    { line: "weft get vs,dr -A -o wide", says: "routing rules of all namespaces" },
    { line: "weft get deployment/reviews-v1 -o yaml", says: "one object, whole" },
    { line: "weft get pods -l app=reviews -w", says: "watch some of them" },
  ],
  run: (call) => withClient(call, (client) => getWith(client, call)),
};

interface Found {
  readonly kind: Kind;
  readonly objects: readonly KubeObject[];
  readonly resourceVersion: string;
}

async function getWith(client: Client, call: Call): Promise<number> {
  const { terminal } = call;
  const wanted = wantedOf(call.operands);
  const isNamed = wanted.some(({ name }) => name !== undefined);
  const form = (call.value("output") as Form | undefined) ?? "table";
  const namespace = call.flag("all-namespaces") ? undefined : (call.value("namespace") ?? "default");
  if (isNamed && namespace === undefined) throw new Misuse("a name and --all-namespaces cannot stand together");
  if (isNamed && call.value("selector") !== undefined) throw new Misuse("a name and --selector cannot stand together");
  if (call.flag("watch") && wanted.length > 1) throw new Misuse("--watch follows one kind, or one object, at a time");

  const missing: Fault[] = [];
  const found = await findAll(client, wanted, { namespace, labelSelector: call.value("selector"), missing });
  const table = new Table();
  const several = new Set(wanted.map(({ kind }) => kind)).size > 1;
  const rows = (kind: Kind): Rows => ({
    isWide: form === "wide",
    withNamespace: namespace === undefined && kind.namespaced,
    withKind: several,
    now: terminal.clock.now(),
  });
  const print = ({ kind, objects }: Pick<Found, "kind" | "objects">, withHeads: boolean) => {
    if (form === "name") {
      for (const { metadata } of objects) terminal.out(`${singularOf(kind)}/${metadata.name ?? ""}\n`);
      return;
    }
    const heads = withHeads && !call.flag("no-headers") ? [headsOf(kind, rows(kind))] : [];
    terminal.out(table.lines([...heads, ...objects.map((object) => rowOf(kind, object, rows(kind)))]));
  };

  const all = found.flatMap(({ objects }) => objects);
  if (form === "yaml" || form === "json") {
    const isList = !(isNamed && wanted.length === 1);
    if (isList || all.length > 0) terminal.out(documentOf(form, all, isList));
  } else {
    const filled = found.filter(({ objects }) => objects.length > 0);
    for (const [index, part] of filled.entries()) {
      if (index > 0 && form !== "name") terminal.out("\n");
      print(part, true);
    }
    if (filled.length === 0 && missing.length === 0) terminal.err(nothing(wanted, namespace));
  }
  for (const fault of missing) terminal.err(`weft: ${fault.message}\n`);
  if (missing.length > 0) return 1;

  const [first] = found;
  const [only] = wanted;
  if (!call.flag("watch") || !first || !only) return 0;
  let isFirst = all.length === 0;
  const options: Follow = {
    kind: first.kind,
    namespace: first.kind.namespaced ? namespace : undefined,
    labelSelector: call.value("selector"),
    ...(only.name !== undefined && { fieldSelector: `metadata.name=${only.name}` }),
    known: first,
  };
  return await follow(client, terminal, options, (object) => {
    if (form === "yaml" || form === "json") {
      terminal.out(`${form === "yaml" ? "---\n" : ""}${documentOf(form, [object], false)}`);
      return;
    }
    print({ kind: first.kind, objects: [object] }, isFirst);
    isFirst = false;
  });
}

interface Search {
  readonly namespace: string | undefined;
  readonly labelSelector: string | undefined;
  /** What is not there is added here. */
  readonly missing: Fault[];
}

/** By kind, in the order asked for. */
async function findAll(client: Client, wanted: readonly Wanted[], search: Search): Promise<Found[]> {
  const { namespace, labelSelector, missing } = search;
  const found = new Map<Kind, { kind: Kind; objects: KubeObject[]; resourceVersion: string }>();
  for (const { kind, name } of wanted) {
    const of = kind.namespaced ? namespace : undefined;
    const part = found.get(kind) ?? { kind, objects: [], resourceVersion: "0" };
    found.set(kind, part);
    if (name === undefined) {
      const { items, resourceVersion } = await client.list(kind, { namespace: of, labelSelector });
      part.objects.push(...items);
      part.resourceVersion = resourceVersion;
      continue;
    }
    const object = await client.get(kind, { namespace: of, name });
    if (object) {
      part.objects.push(object);
      part.resourceVersion = object.metadata.resourceVersion ?? "0";
    } else missing.push(new Fault("NotFound", `${resourceOf(kind)} "${name}" not found`));
  }
  return [...found.values()];
}

function nothing(wanted: readonly Wanted[], namespace: string | undefined): string {
  const isNamespaced = wanted.some(({ kind }) => kind.namespaced);
  return isNamespaced && namespace !== undefined
    ? `No resources found in ${namespace} namespace.\n`
    : "No resources found\n";
}
