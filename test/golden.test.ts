/** What Weft makes of the mesh is what a stock Envoy takes: each golden folder's output through `--mode validate`. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { envoy, validateByEnvoy } from "./envoy.ts";
import { checkout } from "./weft.ts";

const folder = join(checkout, "src/translate/golden");

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
interface Output {
  readonly listener: Record<string, Json>;
  readonly route: Record<string, Json>;
  readonly cluster: Record<string, Json>;
  readonly endpoint: Record<string, Json>;
}

/** A bootstrap that holds what else would come over ADS: routes within their listener, endpoints within their cluster. */
function bootstrapOf(output: Output): string {
  const whole = (value: Json): Json => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(whole);
    const fields = Object.entries(value).map(([name, field]): [string, Json] => {
      if (name === "rds") return ["route_config", named(output.route, text(field, "route_config_name"))];
      if (name === "eds_cluster_config")
        return ["load_assignment", named(output.endpoint, text(field, "service_name"))];
      if (name === "type" && field === "EDS") return [name, "STATIC"];
      if (name === "path" && field === "/dev/stdout") return [name, "/dev/null"];
      return [name, whole(field)];
    });
    return Object.fromEntries(fields);
  };
  return JSON.stringify({
    node: { id: "golden", cluster: "golden" },
    static_resources: {
      listeners: Object.values(output.listener).map(whole),
      clusters: Object.values(output.cluster).map(whole),
    },
  });
}

function text(value: Json, name: string): string {
  const field = typeof value === "object" && value !== null && !Array.isArray(value) ? value[name] : undefined;
  return typeof field === "string" ? field : assert.fail(`no ${name}`);
}

function named(resources: Record<string, Json>, name: string): Json {
  return resources[name] ?? assert.fail(`nothing is named ${name}`);
}

describe("a stock Envoy takes", () => {
  for (const file of globSync("*/*.json", { cwd: folder }).toSorted()) {
    test(file, { skip: envoy === undefined }, async () => {
      const output: Output = JSON.parse(readFileSync(join(folder, file), "utf8"));
      const { code, stderr } = await validateByEnvoy(envoy ?? "", bootstrapOf(output));
      assert.equal(code, 0, stderr);
    });
  }
});
