import { dirname, extname, join } from "node:path";
import type { ImageReference } from "./reference.ts";
import type { Program } from "./image.ts";

/** What the images of Istio's Bookinfo sample set beside SERVICE_VERSION. */
const reviews: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  v1: { ENABLE_RATINGS: "false" },
  v2: { ENABLE_RATINGS: "true", STAR_COLOR: "black" },
  v3: { ENABLE_RATINGS: "true", STAR_COLOR: "red" },
};

/** The built-in catalog: the Bookinfo images of any registry and tag are Weft's own samples. */
export function bookinfoProgram({ path }: ImageReference): Program | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const found = /^examples-bookinfo-(productpage|details|ratings|reviews)-(v[123])$/.exec(name);
  const [, service, version] = found ?? [];
  if (service === undefined || version === undefined) return undefined;
  return {
    command: [process.execPath, sampleFile(service)],
    args: [],
    env: { SERVICE_VERSION: version, ...(service === "reviews" && reviews[version]) },
  };
}

/** The samples stand at the same place from here in the checkout (`.ts`) and in the package (`dist`, `.js`). */
function sampleFile(service: string): string {
  const { filename } = import.meta;
  return join(dirname(filename), "../../../samples/bookinfo/src", `${service}${extname(filename)}`);
}
