import { Fault } from "../../base/index.ts";
import { isObject, sameJson, setField } from "./json-value.ts";

/** Characters of JSON that copies may add, as in Kubernetes: a few of them can double a document again and again. */
const mostCopied = 3 * 1024 * 1024;

/** JSON patch (RFC 6902). The target is not changed; a Fault `patch-invalid` or `patch-failed` says what is wrong. */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw new Fault("patch-invalid", "a JSON patch is a list of operations");
  if (patch.length > 10_000) throw new Fault("patch-invalid", "a JSON patch has at most 10000 operations");
  const root: Root = { document: structuredClone(target), copied: 0 };
  for (const operation of patch) apply(root, operation);
  return root.document;
}

interface Root {
  document: unknown;
  /** Characters of JSON copied so far. */
  copied: number;
}

function apply(root: Root, operation: unknown): void {
  if (!isObject(operation)) throw new Fault("patch-invalid", "a JSON patch is a list of operations");
  const { op } = operation;
  const path = pointer(operation["path"], "path");
  const value = () => {
    if (!("value" in operation)) throw new Fault("patch-invalid", `"${String(op)}" needs a value`);
    return structuredClone(operation["value"]);
  };
  const from = () => pointer(operation["from"], "from");
  switch (op) {
    case "add":
      return put(root, path, value(), true);
    case "remove":
      return void take(root, path);
    case "replace":
      read(root, path);
      return put(root, path, value(), false);
    case "move": {
      const source = from();
      if (path.length > source.length && source.every((token, index) => token === path[index])) {
        throw new Fault("patch-failed", "a value cannot be moved into itself");
      }
      return put(root, path, take(root, source), true);
    }
    case "copy": {
      const source = read(root, from());
      root.copied += JSON.stringify(source).length;
      if (root.copied > mostCopied) throw new Fault("patch-invalid", `a JSON patch copies at most ${mostCopied} bytes`);
      return put(root, path, structuredClone(source), true);
    }
    case "test":
      if (!sameJson(read(root, path), value())) throw new Fault("patch-failed", `testing value ${text(path)} failed`);
      return;
    default:
      throw new Fault("patch-invalid", `unknown operation ${JSON.stringify(op)}`);
  }
}

/** RFC 6901. */
function pointer(value: unknown, name: string): string[] {
  if (typeof value !== "string" || (value !== "" && !value.startsWith("/"))) {
    throw new Fault("patch-invalid", `"${name}" must be a JSON pointer, found ${JSON.stringify(value)}`);
  }
  return value
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

const text = (path: readonly string[]) => `/${path.join("/")}`;
const missing = (path: readonly string[]) => new Fault("patch-failed", `there is nothing at ${text(path)}`);

function index(list: readonly unknown[], token: string, path: readonly string[], last: number): number {
  const number = /^(0|[1-9]\d{0,8})$/.test(token) ? Number(token) : Number.NaN;
  if (!(number <= last)) throw new Fault("patch-failed", `${text(path)} is out of a list of ${list.length}`);
  return number;
}

function read(root: Root, path: readonly string[]): unknown {
  let value = root.document;
  for (const token of path) {
    if (Array.isArray(value)) value = value[index(value, token, path, value.length - 1)] as unknown;
    else if (isObject(value) && Object.hasOwn(value, token)) value = value[token];
    else throw missing(path);
  }
  return value;
}

function put(root: Root, path: readonly string[], value: unknown, insert: boolean): void {
  const last = path.at(-1);
  if (last === undefined) {
    root.document = value;
    return;
  }
  const parent = read(root, path.slice(0, -1));
  if (Array.isArray(parent)) {
    const at = last === "-" && insert ? parent.length : index(parent, last, path, parent.length - (insert ? 0 : 1));
    parent.splice(at, insert ? 0 : 1, value);
  } else if (isObject(parent)) setField(parent, last, value);
  else throw missing(path);
}

function take(root: Root, path: readonly string[]): unknown {
  const value = read(root, path);
  const last = path.at(-1);
  if (last === undefined) root.document = undefined;
  else {
    const parent = read(root, path.slice(0, -1));
    if (Array.isArray(parent)) parent.splice(Number(last), 1);
    else if (isObject(parent)) delete parent[last];
  }
  return value;
}
