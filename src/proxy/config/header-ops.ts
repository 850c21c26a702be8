// On the path of requests whose routes change headers.
import type { HeaderValueOption } from "../../xds/index.ts";
import { fieldValue, isToken, removeField } from "../../wire/index.ts";
import { requestValue } from "./condition.ts";
import type { HeaderContext, HeaderOps } from "./contract.ts";
import { parseFormat, portOf, withoutPort, type Operator } from "./format.ts";
import { onTheWire } from "./wire-text.ts";

type Value = (context: HeaderContext, headers: readonly string[]) => string;

interface Addition {
  readonly key: string;
  readonly lower: string;
  readonly value: Value;
  readonly action: NonNullable<HeaderValueOption["append_action"]>;
}

/**
 * Header operations of one route, virtual host or weighted cluster: first removals, then overwriting, then appending.
 * An empty value is left out, as Envoy does. Throws on an operator that cannot be honoured.
 */
export function headerOps(
  additions: readonly HeaderValueOption[] | undefined,
  removals: readonly string[] | undefined,
): HeaderOps | undefined {
  // `:`-names and Host cannot be removed: a request without them is none.
  const removed = (removals ?? []).map(lowerName).filter((name) => name !== "host");
  const all = (additions ?? []).map(compileAddition);
  const added = [...all.filter(overwrites), ...all.filter((addition) => !overwrites(addition))];
  if (removed.length === 0 && added.length === 0) return undefined;
  return {
    apply(headers, context) {
      const values = added.map(({ value }) => value(context, headers));
      for (const name of removed) removeField(headers, name);
      added.forEach((addition, index) => add(headers, addition, values[index] ?? ""));
    },
  };
}

/** Operations one after the other, the most particular first; undefined when there are none. */
export function inTurn(...operations: readonly (HeaderOps | undefined)[]): HeaderOps | undefined {
  const given = operations.filter((each) => each !== undefined);
  if (given.length < 2) return given[0];
  return {
    apply(headers, context) {
      for (const each of given) each.apply(headers, context);
    },
  };
}

const overwrites = ({ action }: Addition) => action.startsWith("OVERWRITE");

function lowerName(name: string): string {
  const lower = name.toLowerCase();
  return lower === ":authority" ? "host" : lower;
}

function compileAddition({ header, append, append_action }: HeaderValueOption): Addition {
  const lower = lowerName(header.key);
  if (lower.startsWith(":")) throw new RangeError(`${header.key} cannot be set by a header operation`);
  if (!isToken(lower)) throw new RangeError(`${JSON.stringify(header.key)} is no name of a header`);
  if (append !== undefined && append_action !== undefined) {
    throw new RangeError(`${header.key}: append and append_action cannot both be given`);
  }
  return {
    key: lower === "host" ? "host" : header.key,
    lower,
    value: compileValue(header.value ?? ""),
    action: append_action ?? (append === false ? "OVERWRITE_IF_EXISTS_OR_ADD" : "APPEND_IF_EXISTS_OR_ADD"),
  };
}

function add(headers: string[], { key, lower, action }: Addition, value: string): void {
  if (value === "") return;
  if (action === "ADD_IF_ABSENT" && fieldValue(headers, lower) !== undefined) return;
  if (action === "OVERWRITE_IF_EXISTS" && fieldValue(headers, lower) === undefined) return;
  if (action.startsWith("OVERWRITE")) removeField(headers, lower);
  headers.push(key, value);
}

function compileValue(format: string): Value {
  const parts = parseFormat(format).map((part) => (typeof part === "string" ? onTheWire(part) : operator(part)));
  if (parts.every((part) => typeof part === "string")) {
    const constant = parts.join("");
    return () => constant;
  }
  return (context, headers) => parts.map((part) => (typeof part === "string" ? part : part(context, headers))).join("");
}

const operators: Readonly<Record<string, (context: HeaderContext) => string>> = {
  DOWNSTREAM_REMOTE_ADDRESS: (context) => context.downstreamRemoteAddress,
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: (context) => withoutPort(context.downstreamRemoteAddress),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS: (context) => context.downstreamRemoteAddress,
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT: (context) => withoutPort(context.downstreamRemoteAddress),
  DOWNSTREAM_LOCAL_ADDRESS: (context) => context.downstreamLocalAddress,
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: (context) => withoutPort(context.downstreamLocalAddress),
  DOWNSTREAM_LOCAL_PORT: (context) => portOf(context.downstreamLocalAddress),
  UPSTREAM_HOST: (context) => context.upstreamHost,
  UPSTREAM_REMOTE_ADDRESS: (context) => context.upstreamHost,
  UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: (context) => withoutPort(context.upstreamHost),
  PROTOCOL: (context) => context.protocol,
  ROUTE_NAME: (context) => context.routeName.replace(/[^\x20-\x7e]/g, "?"),
};

function operator({ name, argument, limit }: Operator): Value {
  const cut = (value: string) => (limit === undefined ? value : value.slice(0, limit));
  const known = Object.hasOwn(operators, name) ? operators[name] : undefined;
  if (known) return (context) => cut(known(context));
  const names = argument?.toLowerCase().split("?") ?? [];
  if (name === "REQ" && argument) {
    return ({ request }) => cut(names.map((wanted) => requestValue(request, wanted)).find(Boolean) ?? "");
  }
  if (name === "RESP" && argument) {
    return ({ request }, headers) => {
      if (headers === request.headers) return "";
      return cut(names.map((wanted) => fieldValue(headers, wanted)).find(Boolean) ?? "");
    };
  }
  throw new RangeError(`%${name}% is not supported in header values`);
}
