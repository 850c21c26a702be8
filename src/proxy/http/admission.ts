// On the path of every request.
import type { Exchange } from "./exchange.ts";
import { applyEdgeRules } from "./edge.ts";
import { replies, type LocalReply } from "./local-reply.ts";
import { prepare } from "./prepare.ts";
import { originalTarget } from "./request-head.ts";
import { corsVerdict, redirectReply } from "./route-reply.ts";
import { mayUpgrade } from "./upgrade.ts";

/**
 * What a request meets before its route's action, in this order: its version, the edge's rules, one form, a route, upgrades,
 * gRPC-Web, TLS, CORS. Sets the exchange's head and route. A reply ends it; `malformed`: its form is refused. `random` is uniform in [0,1).
 */
export function admit(exchange: Exchange, random: number): LocalReply | "malformed" | undefined {
  const { message, origin } = exchange;
  const { chain } = origin;
  if (message.minor === 0 && !chain.acceptHttp10) return replies.oldVersion;
  const stopped = chain.edge && applyEdgeRules(message, chain.edge, chain, origin.destination.port);
  if (stopped) return stopped;
  const head = prepare(message, origin);
  if (!head) return exchange.grpc ? replies.malformedPath : "malformed";
  exchange.head = head;
  const route = chain.routes()?.match(head, random);
  if (!mayUpgrade(message, chain, route)) return replies.upgradeRefused;
  if (chain.grpcWeb) exchange.takeWeb();
  if (!route) return replies.noRoute;
  exchange.route = route;
  if (route.requireTls && head.scheme !== "https") {
    return redirectReply(301, `https://${head.authority}${originalTarget(message, head)}`);
  }
  if (!route.cors) return undefined;
  const { reply, fields } = corsVerdict(route, head);
  if (!reply) exchange.outcome.corsFields = fields;
  return reply;
}
