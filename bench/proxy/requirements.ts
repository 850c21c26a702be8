/** What the machine must have for a run. */
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { envoyPath } from "../../tools/envoy/envoy.ts";
import { haproxy } from "./haproxy.ts";
import { nginx } from "./nginx.ts";
import type { Options } from "./options.ts";

/** One sentence for each thing that is missing. */
export function missing({ subjects }: Options): readonly string[] {
  const lacking: string[] = [];
  if (process.platform !== "linux") return ["CPU is read from /proc: this bench runs on Linux only"];
  for (const [name, { program, package: debian }] of Object.entries({ haproxy, nginx } as const)) {
    if (subjects.some((subject) => subject === name) && !existsSync(program)) {
      lacking.push(`${program} is missing: apt-get install ${debian}`);
    }
  }
  if (subjects.includes("envoy") && envoyPath() === undefined) {
    lacking.push("Envoy is missing: npm run envoy fetches it; or set WEFT_ENVOY to the path of one");
  }
  for (const [program, debian] of [
    ["h2load", "nghttp2-client"],
    ["nghttpd", "nghttp2-server"],
    ["openssl", "openssl"],
  ] as const) {
    const folders = (process.env["PATH"] ?? "").split(delimiter);
    if (!folders.some((folder) => isProgram(join(folder, program)))) {
      lacking.push(`${program} is missing: apt-get install ${debian}`);
    }
  }
  return lacking;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
