import type { IncomingMessage } from "node:http";
import { parse } from "yaml";
import { ApiFault } from "../../store/index.ts";
import { badRequest } from "../faults.ts";
import { decodeObject } from "../protobuf/decode.ts";

/** As in Kubernetes. Bytes. */
const largest = 3 * 1024 * 1024;
/** What is too large is read all the same and dropped, up to here: a client that still writes does not see the answer. */
const mostRead = 10 * largest;
/** Levels of a body: no kind needs a tenth of them, and code that walks an object must not run out of stack. */
const deepest = 500;

/** The body as JSON value; undefined when there is none. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const bytes = await readBytes(request);
  if (bytes.length === 0) return undefined;
  const type = mediaType(request);
  const value = type === "application/vnd.kubernetes.protobuf" ? decodeObject(bytes) : parsed(bytes, type);
  if (isTooDeep(value)) throw badRequest(`the body of the request is nested deeper than ${deepest} levels`);
  return value;
}

function parsed(bytes: Buffer, type: string): unknown {
  const text = bytes.toString("utf8");
  try {
    return isYaml(type) ? (parse(text, { maxAliasCount: 100 }) as unknown) : (JSON.parse(text) as unknown);
  } catch (error) {
    throw badRequest(`the body of the request is not ${isYaml(type) ? "YAML" : "JSON"}: ${String(error)}`);
  }
}

/** Looks level by level, without a stack of calls. */
function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > deepest) return true;
    const next: unknown[] = [];
    for (const each of level) {
      if (typeof each !== "object" || each === null) continue;
      for (const part of Object.values(each)) if (typeof part === "object" && part !== null) next.push(part);
    }
    level = next;
  }
  return false;
}

/** Without parameters, in lower case. */
export function mediaType(request: IncomingMessage): string {
  return (request.headers["content-type"] ?? "application/json").split(";", 1).join("").trim().toLowerCase();
}

const isYaml = (type: string) => /yaml/.test(type);

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers["content-length"] ?? 0) > mostRead) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > mostRead) throw tooLarge();
    if (size <= largest) chunks.push(bytes);
    else chunks.length = 0;
  }
  if (size > largest) throw tooLarge();
  return Buffer.concat(chunks);
}

function tooLarge(): ApiFault {
  return new ApiFault(413, "RequestEntityTooLarge", `Request entity too large: limit is ${largest}`);
}
