// On the path of redirected requests.
import { fieldValue } from "../../wire/index.ts";
import type { RedirectAction } from "../../xds/index.ts";
import type { RedirectRoute, RequestHead } from "./contract.ts";
import { inTarget } from "./wire-text.ts";

const statuses = {
  MOVED_PERMANENTLY: 301,
  FOUND: 302,
  SEE_OTHER: 303,
  TEMPORARY_REDIRECT: 307,
  PERMANENT_REDIRECT: 308,
} as const;

/**
 * The Location of a redirect. A new path keeps the query unless it brings its own or the query is to be stripped;
 * the request's port stays unless host or port are replaced, or it is the default of a scheme that changes.
 */
export function redirectRoute(given: RedirectAction, matched: (path: string) => number): RedirectRoute {
  const action = withoutSurprises(given);
  return {
    kind: "redirect",
    status: statuses[action.response_code ?? "MOVED_PERMANENTLY"],
    location(head) {
      const from = fieldValue(head.headers, "x-forwarded-proto") ?? head.scheme;
      const scheme = action.https_redirect ? "https" : (action.scheme_redirect ?? from);
      const port = action.port_redirect ? `:${action.port_redirect}` : "";
      const host = action.host_redirect || requestHost(head.authority, from, scheme, port !== "");
      return `${scheme}://${host}${port}${target(action, head, matched)}`;
    },
  };
}

/** Its texts as they may stand in a Location. */
function withoutSurprises(action: RedirectAction): RedirectAction {
  const changed: Record<string, string> = {};
  for (const part of ["host_redirect", "path_redirect", "prefix_rewrite", "scheme_redirect"] as const) {
    const value = action[part];
    if (value !== undefined) changed[part] = inTarget(value);
  }
  return { ...action, ...changed };
}

function target(action: RedirectAction, head: RequestHead, matched: (path: string) => number): string {
  const query = action.strip_query || head.query === "" ? "" : `?${head.query}`;
  if (action.path_redirect) return action.path_redirect + (action.path_redirect.includes("?") ? "" : query);
  const replaced = action.prefix_rewrite;
  return (replaced === undefined ? head.path : replaced + head.path.slice(matched(head.path))) + query;
}

function requestHost(authority: string, from: string, to: string, newPort: boolean): string {
  const port = /:\d*$/.exec(authority)?.[0];
  if (port === undefined) return authority;
  const defaultPort = from === "https" ? ":443" : ":80";
  return newPort || (from !== to && port === defaultPort) ? authority.slice(0, -port.length) : authority;
}
