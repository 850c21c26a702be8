import * as parts from "../config/honoured-parts.ts";
import { retry, route, routeShape, virtualHost } from "../config/honoured-routes.ts";
import {
  clusterShape,
  endpointShape,
  filterChain,
  http2Options,
  listenerShape,
  logFormat,
} from "../config/honoured.ts";
import { stringMatcher } from "../config/matcher-shape.ts";
import { dataSource, secretShape } from "../config/transport-socket-shape.ts";
import type { Shape } from "../config/shape.ts";
import { bootstrapShape } from "./shape.ts";

/** Messages with sections of their own, by their full names. */
const sections: readonly (readonly [name: string, shape: Shape])[] = [
  ["envoy.config.bootstrap.v3.Bootstrap", bootstrapShape],
  ["envoy.config.listener.v3.Listener", listenerShape],
  ["envoy.config.listener.v3.FilterChain", filterChain],
  ["envoy.config.cluster.v3.Cluster", clusterShape],
  ["envoy.config.endpoint.v3.ClusterLoadAssignment", endpointShape],
  ["envoy.config.route.v3.RouteConfiguration", routeShape],
  ["envoy.config.route.v3.VirtualHost", virtualHost],
  ["envoy.config.route.v3.Route", route],
  ["envoy.config.route.v3.RetryPolicy", retry],
  ["envoy.config.core.v3.Address", parts.socketAddress],
  ["envoy.extensions.transport_sockets.tls.v3.Secret", secretShape],
  ["envoy.config.core.v3.DataSource", dataSource],
  ["envoy.config.core.v3.HeaderValueOption", parts.headerOption],
  ["envoy.config.core.v3.Http2ProtocolOptions", http2Options],
  ["envoy.config.core.v3.Metadata", parts.metadata],
  ["envoy.config.core.v3.RuntimeFractionalPercent", parts.runtimePercent],
  ["envoy.config.core.v3.SubstitutionFormatString", logFormat],
  ["envoy.type.matcher.v3.StringMatcher", stringMatcher],
];

/** What a message is known by, needed or not. */
const keyOf = (shape: Shape): object => (shape.kind === "message" ? shape.fields : shape);

/** The page that lists what of Envoy's messages is honoured, made of the tables that configurations are held against. */
export function subsetPage(): string {
  const known = new Map(sections.map(([name, shape]) => [keyOf(shape), name]));
  const waiting = [...sections];
  const done = new Set<string>();
  const texts: string[] = [];
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const [name, shape] = next;
    if (done.has(name)) continue;
    done.add(name);
    const section = new Section(known, shape);
    texts.push(section.text(name));
    waiting.push(...section.extensions);
  }
  return `${head}\n${texts.join("\n")}`;
}

const head = `# What of Envoy's configuration is honoured

\`weft proxy -c envoy.yaml\` runs an [Envoy](https://www.envoyproxy.io) v3 bootstrap with static resources. This page is made from the tables that
configurations are held against (\`npm run docs:subset\`). A field that does not stand here is refused when the file is read, and so is a value
that does not stand here. In a mesh the same tables hold for what the control plane sends.

What is fetched or found out in a mesh is not there for a file: management servers (\`rds\`, \`EDS\`) and original destinations (\`ORIGINAL_DST\`,
\`use_original_dst\`, \`bind_to_port: false\`).

Fields may be written as here or in lowerCamelCase, values of enums by their names in any case, durations as \`"2.5s"\`.
`;

/** One message: a row for each field, those of messages inside it too. */
class Section {
  /** Messages that stand in a \`typed_config\` somewhere in it. */
  readonly extensions: (readonly [name: string, shape: Shape])[] = [];
  readonly #known: ReadonlyMap<object, string>;
  readonly #rows: string[] = [];
  readonly #choices: string[] = [];

  constructor(known: ReadonlyMap<object, string>, shape: Shape) {
    this.#known = known;
    this.#fields(shape, "");
  }

  text(name: string): string {
    const rows = this.#rows.length === 0 ? "No fields.\n" : `| field | taken |\n| --- | --- |\n${this.#rows.join("")}`;
    return `## ${name}\n\n${rows}${this.#choices.map((choice) => `\n${choice}\n`).join("")}`;
  }

  #fields(shape: Shape, path: string): void {
    if (shape.kind !== "message") return;
    if (shape.exactlyOne.length > 0) {
      const names = shape.exactlyOne.map(code).join(", ");
      this.#choices.push(`${path === "" ? "Exactly" : `Of ${code(path)}, exactly`} one of ${names}.`);
    }
    for (const group of shape.atMostOne) {
      this.#choices.push(`${path === "" ? "At" : `Of ${code(path)}, at`} most one of ${group.map(code).join(", ")}.`);
    }
    for (const [name, field] of Object.entries(shape.fields))
      this.#field(field, path === "" ? name : `${path}.${name}`);
  }

  #field(field: Shape, path: string): void {
    const inner = contents(field);
    const ending = inner.suffix;
    this.#rows.push(
      `| ${code(`${path}${ending}`)} | ${this.#taken(inner.shape)}${field.required ? "; needed" : ""} |\n`,
    );
    if (this.#known.has(keyOf(inner.shape))) return;
    this.#fields(inner.shape, `${path}${ending}`);
  }

  #taken(shape: Shape): string {
    const section = this.#known.get(keyOf(shape));
    if (section !== undefined) return link(section);
    switch (shape.kind) {
      case "text":
        return "text";
      case "flag":
        return "true or false";
      case "duration":
        return shape.positive ? "a duration above 0 s" : "a duration";
      case "any":
        return "anything";
      case "number":
        return `a whole number${rangeOf(shape.least, shape.most)}`;
      case "one of":
        return shape.words.map(code).join(", ");
      case "only":
        return `only ${shape.values.map((value) => code(String(value))).join(", ")}: ${shape.because}`;
      case "message":
        return Object.keys(shape.fields).length === 0 ? "a message without fields" : "a message";
      case "typed":
        return Object.entries(shape.types)
          .map(([type, extension]) => {
            const name = type.slice(type.indexOf("/") + 1);
            this.extensions.push([name, extension]);
            return link(name);
          })
          .join(", ");
      case "no effect":
        return shape.later ? `refused in a file: ${shape.because}` : `no effect: ${shape.because}`;
      case "refused":
        return `refused: ${shape.because}`;
      case "list":
      case "table":
        return "";
    }
  }
}

/** What a list or a table holds, and how that shows in a path. */
function contents(shape: Shape): { readonly shape: Shape; readonly suffix: string } {
  if (shape.kind !== "list" && shape.kind !== "table") return { shape, suffix: "" };
  const { shape: inner, suffix } = contents(shape.of);
  return { shape: inner, suffix: `${shape.kind === "list" ? "[]" : "[name]"}${suffix}` };
}

const code = (text: string) => `\`${text}\``;
const link = (name: string) => `[${name.slice(name.lastIndexOf(".") + 1)}](#${name.toLowerCase().replaceAll(".", "")})`;

function rangeOf(least: number, most: number): string {
  if (most < 0xffff_ffff) return ` from ${least} to ${most}`;
  return least > 0 ? ` of at least ${least}` : "";
}
