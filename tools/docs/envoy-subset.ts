/** `npm run docs:subset`: writes docs/envoy-subset.md from the tables in the code. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { subsetPage } from "../../src/proxy/bootstrap/subset.ts";

writeFileSync(join(import.meta.dirname, "../../docs/envoy-subset.md"), subsetPage());
