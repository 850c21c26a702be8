import { type Call, Misuse, type Option } from "./verb.ts";

export const namespaceOption = {
  namespace: { type: "string", short: "n", value: "NAME", summary: "the namespace (default: default)" },
} as const satisfies Record<string, Option>;

export const everyNamespace = {
  "all-namespaces": { type: "boolean", short: "A", summary: "all namespaces" },
} as const satisfies Record<string, Option>;

export const labelOption = {
  selector: { type: "string", short: "l", value: "LABELS", summary: "only what has these labels: app=web,tier!=db" },
} as const satisfies Record<string, Option>;

export const filesOption = {
  filename: {
    type: "string",
    short: "f",
    value: "PATH",
    multiple: true,
    summary: "files, folders or - (standard input)",
  },
} as const satisfies Record<string, Option>;

/** The files of `-f PATH…`: what follows the first path counts too, so that a shell may spread `*.yaml`. */
export function pathsOf(verb: string, { values, operands }: Call): string[] {
  const paths = values("filename");
  if (paths.length === 0) throw new Misuse(`weft ${verb} needs files: weft ${verb} -f PATH…`);
  return [...paths, ...operands];
}
