import type { IncomingHttpHeaders } from "node:http";
import { forwardedHeaders } from "../http/forwarded-headers.ts";
import { isRecord, parseJson } from "../http/json.ts";
import { json, numberOf, type Service } from "../http/service.ts";
import { ask, upstream, type Upstream, urlOf } from "../http/upstream.ts";

export interface ReviewsSettings {
  /** Colour of the stars; without one, this version shows no stars. */
  readonly stars: string | undefined;
  readonly ratings: Upstream;
  /** How long ratings may take, in milliseconds. */
  readonly limit: number;
  readonly podName: string | null;
  readonly clusterName: string | null;
}

/** ENABLE_RATINGS and STAR_COLOR decide; where they are not set, SERVICE_VERSION does: v1 none, v2 black, v3 red. */
export function reviewsSettings(env: NodeJS.ProcessEnv): ReviewsSettings {
  const version = env["SERVICE_VERSION"] ?? "v1";
  const enabled = env["ENABLE_RATINGS"] ? env["ENABLE_RATINGS"].toLowerCase() === "true" : version !== "v1";
  const color = env["STAR_COLOR"] ?? (version === "v3" ? "red" : "black");
  return {
    stars: enabled ? color : undefined,
    ratings: upstream(urlOf("ratings", env)),
    // Black stars wait longer than the page waits for reviews: a delay of ratings in between shows this bug.
    limit: color === "black" ? 10_000 : 2_500,
    podName: env["HOSTNAME"] ?? null,
    clusterName: env["CLUSTER_NAME"] ?? null,
  };
}

type Rating =
  | { readonly stars: number; readonly color: string }
  | { readonly error: "Ratings service is currently unavailable" };

/** Two reviews of a book, with the stars that ratings has for them. */
export function reviews(settings: ReviewsSettings): Service {
  return {
    name: "reviews",
    routes: {
      "GET /health": () => json(200, { status: "Reviews is healthy" }),
      "GET /reviews/{id}": async ({ headers }, id) => {
        const product = numberOf(id);
        const rating = await ratingsOf(product, headers, settings);
        return json(200, {
          id: String(product),
          podname: settings.podName,
          clustername: settings.clusterName,
          reviews: [
            {
              reviewer: "Reviewer1",
              text: "An extremely entertaining play by Shakespeare. The slapstick humour is refreshing!",
              ...rating("Reviewer1"),
            },
            {
              reviewer: "Reviewer2",
              text: "Absolutely fun and entertaining. The play lacks thematic depth when compared to other plays by Shakespeare.",
              ...rating("Reviewer2"),
            },
          ],
        });
      },
    },
  };
}

async function ratingsOf(
  product: number,
  headers: IncomingHttpHeaders,
  { stars: color, ratings, limit }: ReviewsSettings,
): Promise<(reviewer: string) => { readonly rating?: Rating }> {
  if (color === undefined) return () => ({});
  const reply = await ask(ratings, `/ratings/${product}`, forwardedHeaders(headers, ["end-user"]), limit);
  const answer = reply?.status === 200 ? parseJson(reply.body) : undefined;
  const given = isRecord(answer) && isRecord(answer["ratings"]) ? answer["ratings"] : {};
  return (reviewer) => {
    const stars = given[reviewer];
    return {
      rating: typeof stars === "number" ? { stars, color } : { error: "Ratings service is currently unavailable" },
    };
  };
}
