import { serve } from "./http/serve.ts";
import { details } from "./services/details.ts";

await serve(details());
