// On the path of requests balanced by hash.
import { fieldValue } from "../../wire/index.ts";
import type { HashPolicy } from "../../xds/index.ts";
import { queryValue } from "./condition.ts";
import type { RequestHead } from "./contract.ts";

type Key = (head: RequestHead, sourceAddress: string) => string | undefined;

/** The key of a request for hashing balancers: what the policies find, joined. */
export function hashKey(policies: readonly HashPolicy[] | undefined): Key {
  const keys = (policies ?? []).map(keyOf);
  const only = keys[0];
  if (!only) return () => undefined;
  if (keys.length === 1) return only;
  return (head, sourceAddress) => {
    const found = keys.map((key) => key(head, sourceAddress)).filter((key) => key !== undefined);
    return found.length === 0 ? undefined : found.join("\u0000");
  };
}

function keyOf({ header, cookie, query_parameter, connection_properties }: HashPolicy): Key {
  if (header) {
    const name = header.header_name.toLowerCase();
    return (head) => (name === ":authority" || name === "host" ? head.authority : fieldValue(head.headers, name));
  }
  if (cookie) return (head) => cookieValue(fieldValue(head.headers, "cookie"), cookie.name);
  if (query_parameter) return (head) => queryValue(head.query, query_parameter.name);
  if (connection_properties?.source_ip) return (_, sourceAddress) => sourceAddress;
  return () => undefined;
}

function cookieValue(cookies: string | undefined, name: string): string | undefined {
  for (const cookie of cookies?.split(";") ?? []) {
    const equals = cookie.indexOf("=");
    if (cookie.slice(0, equals).trim() === name)
      return cookie
        .slice(equals + 1)
        .trim()
        .replace(/^"(.*)"$/, "$1");
  }
  return undefined;
}
