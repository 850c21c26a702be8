import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { bodyOf } from "../http/body.ts";
import { forwardedHeaders, type Headers } from "../http/forwarded-headers.ts";
import { isRecord, type JsonRecord, parseJson } from "../http/json.ts";
import { type Answer, json, type Service } from "../http/service.ts";
import { ask, type Upstream, upstream, urlOf } from "../http/upstream.ts";
import { indexPage, productPage } from "./page.ts";
import { products } from "./products.ts";
import { Session } from "./session.ts";

export interface ProductpageSettings {
  readonly details: Upstream;
  readonly reviews: Upstream;
  readonly ratings: Upstream;
  /** How long each try may take, in milliseconds. */
  readonly limit: number;
  readonly sessionSecret: string;
}

export function productpageSettings(env: NodeJS.ProcessEnv): ProductpageSettings {
  return {
    details: upstream(urlOf("details", env)),
    reviews: upstream(urlOf("reviews", env)),
    ratings: upstream(urlOf("ratings", env)),
    limit: 3_000,
    // All replicas must know the same secret. This default is public: good for a sample, and for nothing else.
    sessionSecret: env["SESSION_SECRET"] ?? "bookinfo-sample",
  };
}

/** What a service said: its JSON with status 200, or why there is none. */
interface Part {
  readonly status: number;
  readonly value: JsonRecord;
}

/** The page people see, and an API with the same contents. */
export function productpage(settings: ProductpageSettings): Service {
  const session = new Session(settings.sessionSecret);
  const headersFor = (headers: IncomingHttpHeaders): Headers => {
    const user = session.userOf(headers);
    return { ...forwardedHeaders(headers), ...(user === undefined ? {} : { "end-user": headerSafe(user) }) };
  };
  const part = async (name: "details" | "reviews" | "ratings", id: string, headers: Headers): Promise<Part> => {
    // Reviews are tried twice: with ten seconds' patience of reviews for ratings, the mistake the fault tasks find.
    const tries = name === "reviews" ? 2 : 1;
    let status = 500;
    for (let count = 0; count < tries; count++) {
      const reply = await ask(settings[name], `/${name}/${encodeURIComponent(id)}`, headers, settings.limit);
      const value = reply?.status === 200 ? parseJson(reply.body) : undefined;
      if (isRecord(value)) return { status: 200, value };
      status = reply && reply.status !== 200 ? reply.status : 500;
    }
    return { status, value: { error: `Sorry, product ${name} are currently unavailable for this book.` } };
  };
  const api =
    (name: "details" | "reviews" | "ratings") =>
    async ({ headers }: IncomingMessage, id: string): Promise<Answer> => {
      const { status, value } = await part(name, id, headersFor(headers));
      return json(status, value);
    };
  const index = () => page(indexPage());

  return {
    name: "productpage",
    routes: {
      "GET /": index,
      "GET /index.html": index,
      "GET /health": () => ({
        status: 200,
        headers: { "content-type": "text/plain" },
        body: "Product page is healthy",
      }),
      "GET /productpage": async ({ headers }) => {
        const forwarded = headersFor(headers);
        const [details, reviews] = await Promise.all([
          part("details", "0", forwarded),
          part("reviews", "0", forwarded),
        ]);
        return page(productPage({ user: session.userOf(headers), details: details.value, reviews: reviews.value }));
      },
      "POST /login": async (request) => {
        const form = new URLSearchParams(await bodyOf(request));
        return back(request.headers, session.cookieFor(form.get("username") ?? ""));
      },
      "GET /logout": ({ headers }) => back(headers, session.cookieFor()),
      "GET /api/v1/products": () => json(200, products),
      "GET /api/v1/products/{id}": api("details"),
      "GET /api/v1/products/{id}/reviews": api("reviews"),
      "GET /api/v1/products/{id}/ratings": api("ratings"),
    },
  };
}

function page(body: string): Answer {
  return { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body };
}

/** To the page of this site the request came from. Never to another site, whatever the request says. */
function back({ host, referer = "" }: IncomingHttpHeaders, cookie: string): Answer {
  const from = URL.canParse(referer) ? new URL(referer) : undefined;
  // A path that begins with two slashes would be read as another host.
  const ours = from?.host === host && from?.pathname.startsWith("//") === false;
  const location = ours ? from.pathname + from.search : "/productpage";
  return { status: 302, headers: { location, "set-cookie": cookie }, body: "" };
}

/** A user's name as it stands, or percent-encoded where a header cannot hold it. */
function headerSafe(user: string): string {
  return /^[\x20-\x7e]+$/.test(user) ? user : encodeURIComponent(user);
}
