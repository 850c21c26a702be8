import { createHash } from "node:crypto";
import type { Kind } from "../../model/index.ts";
import { apiVersionOf, type KindTable } from "../kind-table.ts";
import type { ObjectRules } from "../rules.ts";
import { kindsOf } from "./discovery.ts";

const rootOf = (group: string, version: string) => (group === "" ? `api/${version}` : `apis/${group}/${version}`);

/** The OpenAPI v3 documents, one for each group and version, made when first asked for. */
export class OpenApi {
  readonly #kinds: KindTable;
  readonly #rules: ObjectRules;
  readonly #documents = new Map<string, string>();

  constructor(kinds: KindTable, rules: ObjectRules) {
    this.#kinds = kinds;
    this.#rules = rules;
  }

  /** Which documents there are. */
  index(): object {
    const paths: Record<string, { serverRelativeURL: string }> = {};
    for (const [group, versions] of this.#kinds.groups) {
      for (const version of versions) {
        const root = rootOf(group, version);
        // Clients keep a document as long as its address is the same.
        const hash = createHash("sha256")
          .update(this.document(root) ?? "")
          .digest("hex")
          .slice(0, 32);
        paths[root] = { serverRelativeURL: `/openapi/v3/${root}?hash=${hash}` };
      }
    }
    return { paths };
  }

  /** The text of `api/v1` or `apis/GROUP/VERSION`; undefined when nothing is served there. */
  document(root: string): string | undefined {
    const known = this.#documents.get(root);
    if (known !== undefined) return known;
    const [, ...parts] = root.split("/");
    const version = parts.at(-1) ?? "";
    const group = root.startsWith("apis/") ? (parts[0] ?? "") : "";
    const kinds = kindsOf(this.#kinds, group, version);
    if (kinds.length === 0 || rootOf(group, version) !== root) return undefined;
    const text = JSON.stringify({
      openapi: "3.0.0",
      info: { title: "Kubernetes", version: "v1.34.0" },
      paths: Object.assign({}, ...kinds.map((kind) => pathsOf(kind, version))) as object,
      components: {
        schemas: Object.fromEntries(kinds.map((kind) => [schemaName(kind, version), this.#schema(kind, version)])),
      },
    });
    this.#documents.set(root, text);
    return text;
  }

  #schema(kind: Kind, version: string): object {
    const schema = this.#rules.schema(kind) as object;
    return { ...schema, "x-kubernetes-group-version-kind": [identity(kind, version)] };
  }
}

const identity = ({ group, kind }: Kind, version: string) => ({ group, version, kind });

/** Reversed host names first, as Kubernetes names its schemas. */
function schemaName(kind: Kind, version: string): string {
  const domain = (kind.group === "" ? "core.api.k8s.io" : kind.group).split(".").toReversed().join(".");
  return `${domain}.${version}.${kind.kind}`;
}

const query = (name: string, description: string) => ({
  name,
  in: "query",
  description,
  schema: { type: "string", uniqueItems: true },
});

/** kubectl looks for the PATCH operation of a kind to learn whether the server checks fields and can do dry runs. */
function pathsOf(kind: Kind, version: string): Record<string, object> {
  const scope = kind.namespaced ? "/namespaces/{namespace}" : "";
  const collection = `/${rootOf(kind.group, version)}${scope}/${kind.plural}`;
  const gvk = identity(kind, version);
  const write = [
    query("dryRun", "All: check and answer, but write nothing."),
    query("fieldManager", "The name of who writes."),
    query("fieldValidation", "What to do about unknown fields: Ignore, Warn or Strict."),
  ];
  const schema = { $ref: `#/components/schemas/${schemaName(kind, version)}` };
  const operation = (action: string, verb: string, parameters: readonly object[] = []) => ({
    operationId: `${verb}${apiVersionOf(kind, version).replace(/\W/g, "_")}${kind.kind}`,
    parameters,
    responses: { "200": { description: "OK", content: { "application/json": { schema } } } },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": gvk,
  });
  const name = { name: "name", in: "path", required: true, schema: { type: "string" } };
  const namespace = { name: "namespace", in: "path", required: true, schema: { type: "string" } };
  const inPath = kind.namespaced ? [namespace] : [];
  return {
    [collection]: {
      get: operation("list", "list"),
      post: operation("post", "create", write),
      parameters: inPath,
    },
    [`${collection}/{name}`]: {
      get: operation("get", "read"),
      put: operation("put", "replace", write),
      patch: operation("patch", "patch", write),
      delete: operation("delete", "delete", write.slice(0, 1)),
      parameters: [name, ...inPath],
    },
  };
}

/** The smallest `openapi.v2.Document` that clients take: swagger, info and no paths, in protobuf's wire format. */
export const openApiV2 = Buffer.concat([
  field(1, Buffer.from("2.0")),
  field(2, Buffer.concat([field(1, Buffer.from("Kubernetes")), field(2, Buffer.from("v1.34.0"))])),
  field(8, Buffer.alloc(0)),
]);

function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of((number << 3) | 2, content.length), content]);
}
