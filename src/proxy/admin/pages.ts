import { contentTypes, expose, formatFor, type Registry } from "../../metrics/index.ts";
import type { BoundPort } from "../capture/bound-ports.ts";
import type { LiveWorkload } from "../config/workload.ts";
import { reportedBy } from "../stats/telemetry.ts";
import { configDump } from "./dump.ts";
import { clustersJson, clustersText, listenersJson, listenersOf, listenersText } from "./lists.ts";

export interface AdminOptions {
  readonly store: { workloads(): readonly LiveWorkload[] };
  readonly registries: readonly Registry[];
  readonly version: string;
  /** Whether traffic can be served: everything arrived and the ports are bound. */
  readonly ready: () => boolean;
  /** `POST /quitquitquit`. */
  readonly quit: () => void;
  /** `POST /drain_listeners`. */
  readonly drain: () => void;
  readonly logging: { readonly level: () => string; readonly set: (level: string) => boolean };
  readonly uptime: () => number;
  /** Where listeners really are, when they stand on sockets of their own. */
  readonly bound?: () => readonly BoundPort[];
}

export interface Reply {
  readonly status?: number;
  readonly type?: string;
  readonly body: string;
}

/** What a request for a page says. */
export interface PageRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly accept?: string | undefined;
}

interface Asked {
  readonly accept?: string | undefined;
  readonly parameters: URLSearchParams;
  /** The workloads `?node=` chooses; all without it. */
  readonly workloads: readonly LiveWorkload[];
}

interface Page {
  readonly summary: string;
  /** What changes something must be posted. */
  readonly post?: boolean;
  readonly reply: (asked: Asked, options: AdminOptions) => Reply;
}

const json = (value: unknown): Reply => ({ type: "application/json", body: `${JSON.stringify(value, null, 1)}\n` });
const plain = (body: string, status = 200): Reply => ({ status, body });
const wantsJson = ({ parameters }: Asked) => parameters.get("format") === "json";

const pages: Readonly<Record<string, Page>> = {
  "/": { summary: "this list", reply: () => ({ type: "text/html", body: index() }) },
  "/ready": {
    summary: "LIVE once traffic can be served",
    reply: (_, { ready }) => (ready() ? plain("LIVE\n") : plain("INITIALIZING\n", 503)),
  },
  "/config_dump": {
    summary: "configuration in force (include_eds, resource=, node=)",
    reply: ({ workloads, parameters }, { bound }) =>
      json(
        configDump(workloads, {
          isStatic: bound !== undefined,
          endpoints: parameters.has("include_eds"),
          resource: parameters.get("resource") ?? undefined,
        }),
      ),
  },
  "/clusters": {
    summary: "clusters and their endpoints (format=json, node=)",
    reply: (asked) => (wantsJson(asked) ? json(clustersJson(asked.workloads)) : plain(clustersText(asked.workloads))),
  },
  "/listeners": {
    summary: "listeners and their addresses (format=json, node=)",
    reply(asked, { bound }) {
      const listeners = listenersOf(asked.workloads, bound?.());
      return wantsJson(asked) ? json(listenersJson(listeners)) : plain(listenersText(listeners));
    },
  },
  "/stats": { summary: "metrics, one a line", reply: (asked, options) => plain(statLines(asked, options)) },
  "/stats/prometheus": { summary: "metrics for Prometheus (node=)", reply: metricsReply },
  "/server_info": { summary: "version, state and nodes", reply: serverInfo },
  "/logging": {
    summary: "log level (POST, level=)",
    post: true,
    reply({ parameters }, { logging }) {
      const level = parameters.get("level");
      if (level !== null && !logging.set(level)) return plain(`error: unknown log level "${level}"\n`, 400);
      return plain(`active loggers:\n  weft: ${logging.level()}\n`);
    },
  },
  "/drain_listeners": {
    summary: "take no new connections and end those there are (POST)",
    post: true,
    reply(_, { drain }) {
      drain();
      return plain("OK\n");
    },
  },
  "/quitquitquit": {
    summary: "end this process (POST)",
    post: true,
    reply(_, { quit }) {
      // After the answer is on its way.
      setImmediate(quit);
      return plain("OK\n");
    },
  },
};

/** The page that was asked for, or why there is none. */
export function pageOf(request: PageRequest, options: AdminOptions): Reply {
  return answer(pages, request, options);
}

/** The same of the scrape page alone. */
export function metricsPageOf(request: PageRequest, options: AdminOptions): Reply {
  return answer({ "/stats/prometheus": pages["/stats/prometheus"] }, request, options);
}

/** Path and parameters of a target. */
export function targetParts(target: string): readonly [path: string, parameters: URLSearchParams] {
  const query = target.indexOf("?");
  return query === -1
    ? [target, new URLSearchParams()]
    : [target.slice(0, query), new URLSearchParams(target.slice(query + 1))];
}

function answer(
  served: Readonly<Record<string, Page | undefined>>,
  { method, target, accept }: PageRequest,
  options: AdminOptions,
): Reply {
  const [path, parameters] = targetParts(target);
  const page = Object.hasOwn(served, path) ? served[path] : undefined;
  if (!page) return plain("invalid path. see / for a list\n", 404);
  if (page.post ? method !== "POST" : method !== "GET" && method !== "HEAD" && method !== "POST") {
    return plain(`Method Not Allowed: ${page.post ? "use POST" : "use GET"}\n`, 405);
  }
  const node = parameters.get("node");
  const all = options.store.workloads();
  const workloads = node === null ? all : all.filter((workload) => isNamed(workload, node));
  if (node !== null && workloads.length === 0) return plain(`no node ${node}; see /server_info\n`, 404);
  return page.reply({ accept, parameters, workloads }, options);
}

/** A node is named by its id, its pod's name, `name.namespace` or its address. */
function isNamed({ node }: LiveWorkload, wanted: string): boolean {
  const { NAME, NAMESPACE, INSTANCE_IPS } = node.metadata;
  return [node.id, NAME, `${NAME}.${NAMESPACE}`, INSTANCE_IPS].includes(wanted);
}

function metricsReply({ accept, parameters, workloads }: Asked, { registries }: AdminOptions): Reply {
  const format = formatFor(accept);
  const first = parameters.has("node") ? workloads[0] : undefined;
  const only = first && reportedBy(first.node.metadata.WORKLOAD_NAME, first.node.metadata.NAMESPACE);
  return { type: contentTypes[format], body: expose(registries, { format, ...(only ? { only } : {}) }) };
}

function statLines(asked: Asked, options: AdminOptions): string {
  const lines = metricsReply(asked, options)
    .body.split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const filter = asked.parameters.get("filter");
  // Text, not a pattern: patterns of strangers run nowhere but in a linear-time engine.
  return lines
    .filter((line) => filter === null || line.includes(filter))
    .map((line) => `${line}\n`)
    .join("");
}

function serverInfo({ workloads }: Asked, { version, ready, uptime }: AdminOptions): Reply {
  return json({
    version: `weft/${version}`,
    state: ready() ? "LIVE" : "INITIALIZING",
    uptime_current_epoch: `${Math.floor(uptime() / 1000)}s`,
    uptime_all_epochs: `${Math.floor(uptime() / 1000)}s`,
    ...(workloads.length === 1 ? { node: workloads[0]?.node } : {}),
    nodes: workloads.map(({ node }) => node.id),
  });
}

function index(): string {
  const rows = Object.entries(pages).map(
    ([path, { summary, post }]) =>
      `<li>${post ? `<code>POST ${path}</code>` : `<a href="${path.slice(1) || "."}">${path}</a>`} ${summary}</li>`,
  );
  return `<!doctype html><html lang="en"><title>weft proxy</title><h1>weft proxy</h1><ul>${rows.join("")}</ul></html>\n`;
}
