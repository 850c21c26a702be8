import { serve } from "./http/serve.ts";
import { productpage, productpageSettings } from "./services/productpage.ts";

await serve(productpage(productpageSettings(process.env)));
