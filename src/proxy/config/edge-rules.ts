import type { HttpConnectionManager } from "../../xds/index.ts";

/** What is done to a request before anything reads it. */
export interface EdgeRules {
  /** Fields with `_` in their names, which some servers read as `-`. */
  readonly underscores: "allow" | "reject" | "drop";
  /** `%2F` and `%5C` in paths. */
  readonly escapedSlashes: "keep" | "reject" | "redirect" | "forward";
  /** Ports of Host: none is taken off, the listener's own, or any. */
  readonly stripPort: "none" | "matching" | "any";
}

const underscores = { ALLOW: "allow", REJECT_REQUEST: "reject", DROP_HEADER: "drop" } as const;
const slashes = {
  IMPLEMENTATION_SPECIFIC_DEFAULT: "keep",
  KEEP_UNCHANGED: "keep",
  REJECT_REQUEST: "reject",
  UNESCAPE_AND_REDIRECT: "redirect",
  UNESCAPE_AND_FORWARD: "forward",
} as const;

/** What is done to requests before anything reads them; undefined: nothing. */
export function edgeRules(message: HttpConnectionManager): EdgeRules | undefined {
  const rules: EdgeRules = {
    underscores: underscores[message.common_http_protocol_options?.headers_with_underscores_action ?? "ALLOW"],
    escapedSlashes: slashes[message.path_with_escaped_slashes_action ?? "KEEP_UNCHANGED"],
    stripPort: message.strip_any_host_port ? "any" : message.strip_matching_host_port ? "matching" : "none",
  };
  const { underscores: names, escapedSlashes, stripPort } = rules;
  return names === "allow" && escapedSlashes === "keep" && stripPort === "none" ? undefined : rules;
}
