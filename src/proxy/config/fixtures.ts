import type { Route as RouteMessage, RouteConfiguration, VirtualHost } from "../../xds/index.ts";
import type { RequestHead, Route } from "./contract.ts";
import { compileRoutes } from "./route-table.ts";

/** Small messages for tests. */
export function head(
  parts: Partial<RequestHead> & { readonly fields?: Readonly<Record<string, string>> } = {},
): RequestHead {
  const { fields = {}, ...rest } = parts;
  return {
    method: "GET",
    path: "/",
    query: "",
    authority: "reviews:9080",
    scheme: "http",
    headers: Object.entries(fields).flat(),
    ...rest,
  };
}

/** A table with one virtual host `*` and these routes. */
export function tableOf(...routes: RouteMessage[]): RouteConfiguration {
  return { name: "table", virtual_hosts: [hostOf(["*"], ...routes)] };
}

export function hostOf(domains: readonly string[], ...routes: RouteMessage[]): VirtualHost {
  return { name: domains.join(), domains, routes };
}

/** The route of these messages a request meets. */
export function routed(message: RouteConfiguration, request: RequestHead, random = 0): Route | undefined {
  return compileRoutes(message).match(request, random);
}

export const toCluster = (cluster: string) => ({ route: { cluster, timeout: "0s" } });
