import { type Clock, codeOf } from "../base/index.ts";
import { orderInputs, nodeName, type World } from "../control/index.ts";
import { tokenIssuer, type TokenRequest } from "../identity/index.ts";
import type { Pod, Service } from "../model/index.ts";
import { podNumberPlaceholder, type PodOrder, resolveOrder } from "../runtime/index.ts";
import type { MeshSecrets } from "./secrets.ts";

export interface OrderMakerOptions {
  readonly world: World;
  readonly network: "netns" | "loopback";
  readonly secrets: MeshSecrets;
  readonly clock: Clock;
}

/** Milliseconds a token is given again before a fresh one is signed; tokens last an hour. */
const tokenAge = 20 * 60_000;

/** Makes the orders of pods: what the node agent needs to know of each. */
export function orderMaker({ world, network, secrets, clock }: OrderMakerOptions): (pod: Pod) => Promise<PodOrder> {
  const issuer = tokenIssuer(secrets.tokenKey, { now: () => clock.now() });
  const tokens = new Map<string, { readonly token: string; readonly madeAt: number }>();
  const token = (request: TokenRequest): string => {
    const key = JSON.stringify(request);
    const known = tokens.get(key);
    if (known && clock.now() - known.madeAt < tokenAge) return known.token;
    for (const [old, { madeAt }] of tokens) if (clock.now() - madeAt >= tokenAge) tokens.delete(old);
    const made = { token: issuer.issue(request), madeAt: clock.now() };
    tokens.set(key, made);
    return made.token;
  };
  return (pod) => {
    const { catalogs, ...namespaceObjects } = orderInputs(world, pod);
    return resolveOrder({
      pod,
      namespaceObjects,
      catalogs,
      nodeName,
      nodeIP: network === "netns" ? "10.245.0.1" : "127.0.0.1",
      token,
      caBundle: secrets.ca.certificate,
      serviceAddress: network === "netns" ? clusterIp : loopbackAddress,
      network,
      environment: ownEnvironment(),
    });
  };
}

const clusterIp = (service: Service): string => service.spec?.clusterIP ?? "";

/** Every caller has its own view of the services; see LoopbackAddresses. */
function loopbackAddress(service: Service): string {
  const [first, second, ...rest] = clusterIp(service).split(".");
  return first === "10" && second === "96" ? `127.${podNumberPlaceholder}.${rest.join(".")}` : clusterIp(service);
}

/** Programs find what the user's own shell finds. */
function ownEnvironment(): Record<string, string> {
  const { PATH, HOME, LANG } = process.env;
  return Object.fromEntries(
    Object.entries({ PATH, HOME, LANG }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** `log-missing`, as the API says it. */
export function isMissingLog(error: unknown): boolean {
  return codeOf(error) === "log-missing";
}
