import type { HttpRule } from "../mesh/index.ts";
import type { HeaderValueOption } from "../xds/index.ts";

type Headers = HttpRule["headers"];

/** The header fields that routes and weighted clusters share. */
export interface HeaderFields {
  readonly request_headers_to_add?: readonly HeaderValueOption[];
  readonly request_headers_to_remove?: readonly string[];
  readonly response_headers_to_add?: readonly HeaderValueOption[];
  readonly response_headers_to_remove?: readonly string[];
}

/** Header operations in order (a route's before its destination's). Host is not among them: see `authorityOf`. */
export function headerFields(...all: readonly Headers[]): HeaderFields {
  const requestAdd = all.flatMap((headers) => additions(headers?.request));
  const requestRemove = all.flatMap((headers) => removals(headers?.request?.remove));
  const responseAdd = all.flatMap((headers) => additions(headers?.response));
  const responseRemove = all.flatMap((headers) => removals(headers?.response?.remove));
  return {
    ...(requestAdd.length === 0 ? {} : { request_headers_to_add: requestAdd }),
    ...(requestRemove.length === 0 ? {} : { request_headers_to_remove: requestRemove }),
    ...(responseAdd.length === 0 ? {} : { response_headers_to_add: responseAdd }),
    ...(responseRemove.length === 0 ? {} : { response_headers_to_remove: responseRemove }),
  };
}

/** The Host a rule sets by way of its header operations. */
export function authorityOf(headers: Headers): string | undefined {
  const { set = {}, add = {} } = headers?.request ?? {};
  return [...Object.entries(set), ...Object.entries(add)].find(([name]) => isHost(name))?.[1];
}

function additions(operations: { set?: Record<string, string>; add?: Record<string, string> } | undefined) {
  const options = (
    values: Record<string, string> | undefined,
    action: NonNullable<HeaderValueOption["append_action"]>,
  ) =>
    Object.entries(values ?? {})
      // An empty value is ignored, and a name of the request's own parts is no header.
      .filter(([name, value]) => value !== "" && !isHost(name) && !name.startsWith(":"))
      .map(([key, value]): HeaderValueOption => ({ header: { key, value }, append_action: action }));
  return [
    ...options(operations?.set, "OVERWRITE_IF_EXISTS_OR_ADD"),
    ...options(operations?.add, "APPEND_IF_EXISTS_OR_ADD"),
  ];
}

function removals(names: readonly string[] | undefined): readonly string[] {
  return (names ?? []).filter((name) => !isHost(name) && !name.startsWith(":"));
}

function isHost(name: string): boolean {
  return name.toLowerCase() === "host" || name === ":authority";
}
