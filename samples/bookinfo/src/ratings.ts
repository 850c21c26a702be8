import { serve } from "./http/serve.ts";
import { ratings } from "./services/ratings.ts";

await serve(ratings());
