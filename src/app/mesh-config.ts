import { parse } from "yaml";
import { explain } from "../base/index.ts";
import { defaultSettings, type MeshSettings } from "../mesh/index.ts";
import type { ConfigMap } from "../model/index.ts";

/** Where Istio keeps the settings of a whole mesh. */
export const meshConfigMap = { namespace: "istio-system", name: "istio", key: "mesh" } as const;

export interface MeshConfig {
  readonly settings: MeshSettings;
  /** What of it has no effect, a sentence each. */
  readonly notes: readonly string[];
}

/** The settings a ConfigMap asks for, in Istio's own form (`accessLogFile: /dev/stdout`); Istio's defaults without one. */
export function meshConfig(configMap: ConfigMap | undefined): MeshConfig {
  const text = configMap?.data?.[meshConfigMap.key];
  if (text === undefined) return { settings: defaultSettings, notes: [] };
  const notes: string[] = [];
  const note = (sentence: string) => void notes.push(`ConfigMap istio-system/istio: ${sentence}`);
  let given: Readonly<Record<string, unknown>> = {};
  try {
    const value: unknown = parse(text, { maxAliasCount: 100 });
    if (typeof value === "object" && value !== null && !Array.isArray(value)) given = value as typeof given;
    else note("`mesh` is not an object of settings; Istio's defaults are in force");
  } catch (error) {
    note(`\`mesh\` is no YAML (${explain(error)}); Istio's defaults are in force`);
  }
  let { accessLogFile, outboundTrafficPolicy } = defaultSettings;
  for (const [name, value] of Object.entries(given)) {
    if (name === "accessLogFile" && typeof value === "string") accessLogFile = value;
    else if (name === "outboundTrafficPolicy" && isPolicy(value)) outboundTrafficPolicy = value.mode;
    else note(`${name} is not acted on yet`);
  }
  return { settings: { ...defaultSettings, accessLogFile, outboundTrafficPolicy }, notes };
}

function isPolicy(value: unknown): value is { readonly mode: MeshSettings["outboundTrafficPolicy"] } {
  const mode = typeof value === "object" && value !== null && "mode" in value ? value.mode : undefined;
  return mode === "ALLOW_ANY" || mode === "REGISTRY_ONLY";
}
