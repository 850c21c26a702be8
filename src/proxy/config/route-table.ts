// On the path of every request.
import type { RouteConfiguration, VirtualHost } from "../../xds/index.ts";
import type { RequestHead, Route, RouteTable } from "./contract.ts";
import { compileMatch, type CompiledMatch } from "./path-match.ts";
import { under } from "./under.ts";
import { compileRoute, type HostOptions } from "./route-action.ts";

interface CompiledHost {
  readonly routes: readonly { readonly match: CompiledMatch; readonly route: Route }[];
}

interface Wildcard {
  readonly part: string;
  readonly host: CompiledHost;
}

/** Hosts a caller may send are without number; what was looked up is kept up to this many. */
const keptLookups = 1000;
/** Characters of one: as long as a name and its port may be. */
const longestKept = 262;

/**
 * A route table. Virtual hosts by exact domain, then the longest `*.suffix`, then the longest `prefix.*`, then `*`;
 * inside a host the first matching route. Throws where a part cannot be honoured.
 */
export function compileRoutes(message: RouteConfiguration): RouteTable {
  const hosts = new HostLookup(message);
  return {
    name: message.name,
    match(head: RequestHead, random: number): Route | undefined {
      const host = hosts.find(head.authority);
      if (!host) return undefined;
      for (const { match, route } of host.routes) if (match.matches(head, random)) return route;
      return undefined;
    },
  };
}

class HostLookup {
  readonly #ignorePort: boolean;
  readonly #exact = new Map<string, CompiledHost>();
  readonly #suffixes: Wildcard[] = [];
  readonly #prefixes: Wildcard[] = [];
  #any: CompiledHost | undefined;
  readonly #found = new Map<string, CompiledHost | undefined>();

  constructor(message: RouteConfiguration) {
    this.#ignorePort = message.ignore_port_in_host_matching ?? false;
    message.virtual_hosts.forEach((host, index) => {
      const compiled = compileHost(host, message, `virtual_hosts[${index}]`);
      for (const domain of host.domains) this.#add(domain.toLowerCase(), compiled);
    });
    const longestFirst = (one: Wildcard, other: Wildcard) => other.part.length - one.part.length;
    this.#suffixes.sort(longestFirst);
    this.#prefixes.sort(longestFirst);
  }

  #add(domain: string, host: CompiledHost): void {
    if (domain === "*") {
      if (this.#any) throw new RangeError("virtual_hosts: two hosts have the domain *");
      this.#any = host;
    } else if (domain.startsWith("*")) this.#suffixes.push({ part: domain.slice(1), host });
    else if (domain.endsWith("*")) this.#prefixes.push({ part: domain.slice(0, -1), host });
    else if (this.#exact.has(domain)) throw new RangeError(`virtual_hosts: two hosts have the domain ${domain}`);
    else this.#exact.set(domain, host);
  }

  find(authority: string): CompiledHost | undefined {
    const known = this.#found.get(authority);
    if (known) return known;
    const host = this.#search(authority);
    if (host && authority.length <= longestKept) {
      if (this.#found.size >= keptLookups) this.#found.clear();
      // A copy: as a slice it would keep the whole head it came in.
      this.#found.set(Buffer.from(authority, "latin1").latin1Slice(), host);
    }
    return host;
  }

  #search(authority: string): CompiledHost | undefined {
    let name = authority.toLowerCase();
    if (this.#ignorePort) name = name.replace(/:\d*$/, "");
    const exact = this.#exact.get(name);
    if (exact) return exact;
    // A wildcard stands for at least one character.
    const fits = (part: string) => name.length > part.length;
    const suffix = this.#suffixes.find(({ part }) => fits(part) && name.endsWith(part));
    if (suffix) return suffix.host;
    return this.#prefixes.find(({ part }) => fits(part) && name.startsWith(part))?.host ?? this.#any;
  }
}

function compileHost(message: VirtualHost, table: RouteConfiguration, path: string): CompiledHost {
  const options: HostOptions = {
    virtualHost: message.name,
    requireTls: (message.require_tls ?? "NONE") !== "NONE",
    attemptCount: message.include_request_attempt_count ?? false,
    around: [message, table],
    retry: message.retry_policy,
  };
  const routes = message.routes.map((entry, index) =>
    under(`${path}.routes[${index}]`, () => {
      const match = compileMatch(entry.match);
      return { match, route: compileRoute(entry, match, options) };
    }),
  );
  return { routes };
}
