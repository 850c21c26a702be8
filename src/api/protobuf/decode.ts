import { badRequest, unsupportedMediaType } from "../faults.ts";
import { setField } from "../patch/json-value.ts";
import { messageTable } from "./messages.ts";
import { WireReader } from "./wire.ts";

interface Field {
  readonly name: string;
  /** One letter, or a message. */
  readonly type: string;
  readonly many: "" | "*" | "{}";
  readonly keepsZero: boolean;
}

type Message = ReadonlyMap<number, Field>;
type Json = Record<string, unknown>;

/** Wire types by the letters of the table; all others are runs of bytes. */
const varint = 0;
const run = 2;

let parsed: ReadonlyMap<string, Message> | undefined;

/**
 * A body as kubectl sends it through its typed clients: `k8s\0`, then a `runtime.Unknown` around the object.
 * ApiFault 415 for a kind the table does not hold, 400 for bytes that are no such thing.
 */
export function decodeObject(bytes: Buffer): Json {
  if (bytes.subarray(0, 4).toString("latin1") !== "k8s\0") throw malformed("it does not begin with k8s and a zero");
  try {
    const envelope = new Map<number, Buffer>();
    eachRun(bytes.subarray(4), (number, content) => envelope.set(number, content));
    const typeMeta = new Map<number, string>();
    eachRun(envelope.get(1) ?? Buffer.alloc(0), (number, content) => typeMeta.set(number, content.toString("utf8")));
    const [apiVersion = "", kind = ""] = [typeMeta.get(1), typeMeta.get(2)];
    const message = messages().get(kind);
    if (!message) throw notHeld(apiVersion, kind);
    return { apiVersion, kind, ...decode(message, envelope.get(2) ?? Buffer.alloc(0)) };
  } catch (error) {
    throw error instanceof RangeError || error instanceof SyntaxError ? malformed(error.message) : error;
  }
}

function eachRun(bytes: Buffer, take: (number: number, content: Buffer) => void): void {
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { number, type } = reader.tag();
    if (type === run) take(number, reader.run());
    else reader.skip(type);
  }
}

function decode(message: Message, bytes: Buffer): Json {
  const result: Json = {};
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { number, type } = reader.tag();
    const field = message.get(number);
    if (!field || type !== (field.type === "i" || field.type === "b" ? varint : run)) reader.skip(type);
    else put(result, field, reader);
  }
  return result;
}

function put(result: Json, field: Field, reader: WireReader): void {
  const { name, type, many, keepsZero } = field;
  if (many === "{}") {
    const [key, value] = entry(type, reader.run());
    const map = (Object.hasOwn(result, name) ? result[name] : {}) as Json;
    setField(map, key, value);
    setField(result, name, map);
    return;
  }
  const value = read(type, reader);
  if (many === "*") {
    const list = (result[name] ?? []) as unknown[];
    list.push(value);
    setField(result, name, list);
  } else if (name === "~") Object.assign(result, value);
  else if (keepsZero || (value !== "" && value !== 0 && value !== false)) setField(result, name, value);
}

function entry(type: string, bytes: Buffer): [string, unknown] {
  let key = "";
  let value: unknown = type === "s" || type === "y" ? "" : undefined;
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const tag = reader.tag();
    if (tag.number === 1 && tag.type === run) key = reader.run().toString("utf8");
    else if (tag.number === 2 && tag.type === run) value = read(type, reader);
    else reader.skip(tag.type);
  }
  return [key, value];
}

function read(type: string, reader: WireReader): unknown {
  switch (type) {
    case "s":
      return reader.run().toString("utf8");
    case "i":
      return reader.integer();
    case "b":
      return reader.integer() !== 0;
    case "y":
      return reader.run().toString("base64");
    case "Q":
      return texts(reader.run()).get(1) ?? "0";
    case "I":
      return intOrString(reader.run());
    case "T":
    case "M":
      return time(reader.run(), type === "M");
    case "J":
      return JSON.parse(texts(reader.run()).get(1) ?? "null") as unknown;
    default: {
      const message = messages().get(type);
      if (!message) throw new Error(`the table has no message ${type}`);
      return decode(message, reader.run());
    }
  }
}

function texts(bytes: Buffer): Map<number, string> {
  const found = new Map<number, string>();
  eachRun(bytes, (number, content) => found.set(number, content.toString("utf8")));
  return found;
}

/** Fields 1 and 2 that are whole numbers. */
function numbers(bytes: Buffer): [number | undefined, number | undefined] {
  const found: [number | undefined, number | undefined] = [undefined, undefined];
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { number, type } = reader.tag();
    if (type === varint && (number === 1 || number === 2)) found[number - 1] = reader.integer();
    else reader.skip(type);
  }
  return found;
}

function intOrString(bytes: Buffer): number | string {
  const [kind = 0, value = 0] = numbers(bytes);
  return kind === 1 ? (texts(bytes).get(3) ?? "") : value;
}

/** Seconds and nanoseconds since the epoch; nothing at all is no time. */
function time(bytes: Buffer, micro: boolean): string | null {
  if (bytes.length === 0) return null;
  const [seconds = 0, nanos = 0] = numbers(bytes);
  if (Math.abs(seconds) > 1e11) throw new RangeError("a time is out of bounds");
  const text = new Date(seconds * 1000).toISOString().slice(0, -".000Z".length);
  return micro ? `${text}.${String(Math.floor(nanos / 1000)).padStart(6, "0")}Z` : `${text}Z`;
}

function messages(): ReadonlyMap<string, Message> {
  parsed ??= new Map(
    messageTable
      .trim()
      .split(/\n(?! )/)
      .map((line) => {
        const [name = "", ...fields] = line.split(/\s+/);
        return [name.replace(":", ""), new Map(fields.map(fieldOf))];
      }),
  );
  return parsed;
}

function fieldOf(text: string): [number, Field] {
  const match = /^(\S+)=(\d+):(\w+?)(\*|\{\})?(!)?$/.exec(text);
  if (!match) throw new Error(`no field: ${text}`);
  const [, name = "", number = "", type = "", many = "", zero] = match;
  return [Number(number), { name, type, many: many as Field["many"], keepsZero: zero !== undefined }];
}

function malformed(why: string) {
  return badRequest(`the body of the request is not a Kubernetes protobuf message: ${why}`);
}

function notHeld(apiVersion: string, kind: string) {
  return unsupportedMediaType(
    `this server reads no protobuf of ${kind} (${apiVersion}): write the object to a file and use \`kubectl apply -f\` or \`kubectl create -f\` (--dry-run=client -o yaml prints one)`,
  );
}
