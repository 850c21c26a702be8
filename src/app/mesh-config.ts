import { parse } from "yaml";
import { explain } from "../base/index.ts";
import { defaultSettings, type GatewayTopology, type MeshSettings } from "../mesh/index.ts";
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
    if (isObject(value)) given = value;
    else note("`mesh` is not an object of settings; Istio's defaults are in force");
  } catch (error) {
    note(`\`mesh\` is no YAML (${explain(error)}); Istio's defaults are in force`);
  }
  let { accessLogFile, outboundTrafficPolicy, gatewayTopology, h2UpgradePolicy } = defaultSettings;
  for (const [name, value] of Object.entries(given)) {
    if (name === "accessLogFile" && typeof value === "string") accessLogFile = value;
    else if (name === "outboundTrafficPolicy" && isPolicy(value)) outboundTrafficPolicy = value.mode;
    else if (name === "h2UpgradePolicy" && (value === "UPGRADE" || value === "DO_NOT_UPGRADE")) h2UpgradePolicy = value;
    else if (name === "defaultConfig" && isObject(value)) gatewayTopology = topologyOf(value, note);
    else note(`${name} is not acted on yet`);
  }
  const settings = { ...defaultSettings, accessLogFile, outboundTrafficPolicy, gatewayTopology, h2UpgradePolicy };
  return { settings, notes };
}

/** Of the settings of proxies only what stands before the gateways is acted on. */
function topologyOf(proxies: Readonly<Record<string, unknown>>, note: (sentence: string) => void): GatewayTopology {
  let { numTrustedProxies, proxyProtocol } = defaultSettings.gatewayTopology;
  const { gatewayTopology, ...others } = proxies;
  for (const name of Object.keys(others)) note(`defaultConfig.${name} is not acted on yet`);
  if (gatewayTopology !== undefined && !isObject(gatewayTopology)) note("defaultConfig.gatewayTopology is no object");
  for (const [name, value] of Object.entries(isObject(gatewayTopology) ? gatewayTopology : {})) {
    if (name === "numTrustedProxies" && isCount(value)) numTrustedProxies = value;
    else if (name === "proxyProtocol" && isObject(value)) proxyProtocol = true;
    else note(`defaultConfig.gatewayTopology.${name} is not acted on yet`);
  }
  return { numTrustedProxies, proxyProtocol };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPolicy(value: unknown): value is { readonly mode: MeshSettings["outboundTrafficPolicy"] } {
  const mode = isObject(value) ? value["mode"] : undefined;
  return mode === "ALLOW_ANY" || mode === "REGISTRY_ONLY";
}
