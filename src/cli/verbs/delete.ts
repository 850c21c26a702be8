import { codeOf, Fault, sleep } from "../../base/index.ts";
import type { Kind, ObjectName } from "../../model/index.ts";
import { inOrder, place, type Placed } from "../apply-order.ts";
import { type Client, withClient } from "../connect.ts";
import { each } from "../each.ts";
import { findingsText } from "../findings.ts";
import { readPaths } from "../manifests.ts";
import { filesOption, labelOption, namespaceOption, pathsOf } from "../options.ts";
import { painter } from "../terminal.ts";
import { type Call, Misuse, type Verb } from "../verb.ts";
import { singularOf, wantedOf } from "../wanted.ts";

export const remove: Verb = {
  usage: "KIND NAME… | -f PATH…",
  text: "Returns when the objects are gone; what they started has ended then.",
  operands: [0, Infinity],
  options: {
    ...filesOption,
    ...namespaceOption,
    ...labelOption,
    all: { type: "boolean", summary: "all objects of the kind in the namespace" },
    "ignore-not-found": { type: "boolean", summary: "what is not there is fine" },
    "no-wait": { type: "boolean", summary: "return as soon as the deletion has begun" },
  },
  examples: [
    { line: "weft delete vs reviews", says: "one routing rule" },
    { line: "weft delete pods -l app=reviews", says: "let them be made anew" },
    { line: "weft delete -f samples/bookinfo", says: "all that the files hold" },
  ],
  async run(call) {
    const isByFile = call.values("filename").length > 0;
    if (!isByFile && call.operands.length === 0)
      throw new Misuse("weft delete needs more: weft delete KIND NAME… | -f PATH…");
    const fromFiles = isByFile ? await ofFiles(call) : [];
    return await withClient(call, async (client) => {
      const placed = isByFile ? fromFiles : await ofOperands(client, call);
      if (placed.length === 0) call.terminal.err("No resources found\n");
      return await each(call.terminal, placed, (one) => removeOne(client, call, one));
    });
  },
};

/** In the reverse of the order they are created in. Their faults do not matter: they only have to be found. */
async function ofFiles(call: Call): Promise<Placed[]> {
  const { objects, findings } = await readPaths(pathsOf("delete", call), call.terminal.input);
  const unreadable = findings.filter(({ path, severity }) => path === "" && severity === "error");
  call.terminal.err(findingsText(unreadable, painter(call.terminal.colours)));
  if (unreadable.length > 0) throw new Fault("unreadable", "these files cannot be read whole; nothing was deleted");
  return inOrder(place(objects, call.value("namespace"))).toReversed();
}

async function ofOperands(client: Client, call: Call): Promise<Placed[]> {
  const namespace = call.value("namespace") ?? "default";
  const labelSelector = call.value("selector");
  const placed: Placed[] = [];
  for (const { kind, name } of wantedOf(call.operands)) {
    const of = kind.namespaced ? namespace : undefined;
    if (name !== undefined) {
      const metadata = { name, ...(of !== undefined && { namespace: of }) };
      placed.push({ kind, object: { apiVersion: "", kind: kind.kind, metadata } });
      continue;
    }
    if (labelSelector === undefined && !call.flag("all"))
      throw new Misuse(`which ${kind.plural}?`, "give names, -l LABELS, or --all");
    const { items } = await client.list(kind, { namespace: of, labelSelector });
    placed.push(...items.map((object) => ({ kind, object })));
  }
  return placed;
}

async function removeOne(client: Client, call: Call, { kind, object }: Placed): Promise<void> {
  const { namespace, name = "" } = object.metadata;
  const at = { namespace, name };
  const before = await client.get(kind, at);
  try {
    await client.delete(kind, at);
  } catch (error) {
    if (codeOf(error) === "NotFound" && call.flag("ignore-not-found")) return;
    throw error;
  }
  if (!call.flag("no-wait")) await gone(client, call, kind, at, before?.metadata.uid);
  call.terminal.out(
    `${singularOf(kind)} "${name}" deleted${namespace === undefined ? "" : ` from ${namespace} namespace`}\n`,
  );
}

/** Resolves when that very object is there no more. */
async function gone(client: Client, call: Call, kind: Kind, name: ObjectName, uid: string | undefined): Promise<void> {
  for (let delay = 10; ; delay = Math.min(500, delay * 1.5)) {
    const object = await client.get(kind, name);
    if (!object || object.metadata.uid !== uid) return;
    await sleep(call.terminal.clock, delay);
  }
}
