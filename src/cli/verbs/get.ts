import type { Kind, KubeObject } from "../../model/index.ts";
import { type Client, withClient } from "../connect.ts";
import { everyNamespace, labelOption, namespaceOption } from "../options.ts";
import { documentOf, type Form, forms, type Look, Sheet } from "../printer.ts";
import { type Call, Misuse, type Verb } from "../verb.ts";
import { resourceOf, type Wanted, wantedOf } from "../wanted.ts";
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

async function getWith(client: Client, call: Call): Promise<number> {
  const { terminal } = call;
  const wanted = wantedOf(call.operands);
  const question = questionOf(call, wanted);
  const form = (call.value("output") as Form | undefined) ?? "table";
  const { found, missing } = await findAll(client, wanted, question);
  const look = (kind: Kind): Look => ({
    form,
    withNamespace: question.namespace === undefined && kind.namespaced,
    withKind: found.length > 1,
    withHeads: !call.flag("no-headers"),
  });
  const sheets = new Map(found.map(({ kind }) => [kind, new Sheet(kind, look(kind))]));
  const linesOf = (kind: Kind, objects: readonly KubeObject[]) =>
    sheets.get(kind)?.lines(objects, terminal.clock.now()) ?? "";

  const all = found.flatMap(({ objects }) => objects);
  const isOne = wanted.length === 1 && wanted[0]?.name !== undefined;
  if (form === "yaml" || form === "json") {
    if (!isOne || all.length > 0) terminal.out(documentOf(form, all, !isOne));
  } else {
    const parts = found.map(({ kind, objects }) => linesOf(kind, objects)).filter((text) => text !== "");
    terminal.out(parts.join(form === "name" ? "" : "\n"));
    if (all.length === 0 && missing.length === 0) terminal.err(nothing(wanted, question.namespace));
  }
  for (const message of missing) terminal.err(`weft: ${message}\n`);
  const [only] = found;
  if (missing.length > 0 || !only || !call.flag("watch")) return missing.length > 0 ? 1 : 0;
  const { kind } = only;
  const options: Follow = {
    kind,
    namespace: kind.namespaced ? question.namespace : undefined,
    labelSelector: question.labelSelector,
    ...(isOne && { fieldSelector: `metadata.name=${wanted[0]?.name ?? ""}` }),
    known: only,
  };
  return await follow(client, terminal, options, (object) => terminal.out(linesOf(kind, [object])));
}

interface Question {
  /** Undefined: all of them. */
  readonly namespace: string | undefined;
  readonly labelSelector: string | undefined;
}

function questionOf(call: Call, wanted: readonly Wanted[]): Question {
  const isNamed = wanted.some(({ name }) => name !== undefined);
  const isEverywhere = call.flag("all-namespaces");
  const labelSelector = call.value("selector");
  if (isNamed && isEverywhere) throw new Misuse("a name and --all-namespaces cannot stand together");
  if (isNamed && labelSelector !== undefined) throw new Misuse("a name and --selector cannot stand together");
  if (call.flag("watch") && wanted.length > 1) throw new Misuse("--watch follows one kind, or one object, at a time");
  return { namespace: isEverywhere ? undefined : (call.value("namespace") ?? "default"), labelSelector };
}

interface Found {
  readonly kind: Kind;
  readonly objects: KubeObject[];
  /** Where a watch goes on. */
  resourceVersion: string;
}

/** By kind, in the order asked for; and what is not there, a sentence each. */
async function findAll(
  client: Client,
  wanted: readonly Wanted[],
  { namespace, labelSelector }: Question,
): Promise<{ found: readonly Found[]; missing: readonly string[] }> {
  const found = new Map<Kind, Found>();
  const missing: string[] = [];
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
    if (!object) missing.push(`${resourceOf(kind)} "${name}" not found`);
    else {
      part.objects.push(object);
      part.resourceVersion = object.metadata.resourceVersion ?? "0";
    }
  }
  return { found: [...found.values()], missing };
}

function nothing(wanted: readonly Wanted[], namespace: string | undefined): string {
  const isNamespaced = wanted.some(({ kind }) => kind.namespaced);
  return isNamespaced && namespace !== undefined
    ? `No resources found in ${namespace} namespace.\n`
    : "No resources found\n";
}
