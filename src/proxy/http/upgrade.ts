// On the path of every request.
import type { RequestMessage, ResponseMessage } from "../../wire/index.ts";
import type { HttpChain, Route } from "../config/contract.ts";

/** Whether a request asks for no upgrade, or for one that its route allows, or the listener where the route says nothing. */
export function mayUpgrade({ method, upgrade }: RequestMessage, chain: HttpChain, route: Route | undefined): boolean {
  if (upgrade === undefined && method !== "CONNECT") return true;
  const name = upgrade ?? "connect";
  const own = route?.action.kind === "forward" ? route.action.upgrades.get(name) : undefined;
  return own ?? chain.upgrades.has(name);
}

/** Whether bytes flow as they are behind this answer. */
export function switches({ status }: ResponseMessage, method: string): boolean {
  return status === 101 || (method === "CONNECT" && status >= 200 && status < 300);
}
