import { serve } from "./http/serve.ts";
import { reviews, reviewsSettings } from "./services/reviews.ts";

await serve(reviews(reviewsSettings(process.env)));
