import { isRecord, type JsonRecord } from "../http/json.ts";
import { Html, html } from "./html.ts";
import { products } from "./products.ts";
import { style } from "./style.ts";

/** What the page shows; `details` and `reviews` are what the services said, or `{ error }`. */
export interface Contents {
  readonly user: string | undefined;
  readonly details: JsonRecord;
  readonly reviews: JsonRecord;
}

const [book] = products;

export function productPage({ user, details, reviews }: Contents): string {
  return document(
    book.title,
    html`<header><a class="brand" href="/">Bookinfo</a>${signInBox(user)}</header>
      <main>
        <h1>${book.title}</h1>
        <p class="summary">${new Html(book.descriptionHtml)}</p>
        <div class="columns">
          <section aria-labelledby="details">
            <h2 id="details">Book Details</h2>
            ${detailsOf(details)}
          </section>
          <section aria-labelledby="reviews">
            <h2 id="reviews">Book Reviews</h2>
            ${reviewsOf(reviews)}
          </section>
        </div>
      </main>`,
  );
}

export function indexPage(): string {
  return document(
    "Bookinfo",
    html`<header><a class="brand" href="/">Bookinfo</a></header>
      <main>
        <h1>A bookshop with one book</h1>
        <p class="summary">
          Four small services make the page of the book. <code>productpage</code> asks <code>details</code> and
          <code>reviews</code>; of <code>reviews</code> there are three versions, and two of them ask
          <code>ratings</code> for stars.
        </p>
        <p><a class="button" href="/productpage">See the book</a> <a href="/api/v1/products">or its JSON</a></p>
      </main>`,
  );
}

function document(title: string, body: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <style>
          ${new Html(style)}
        </style>
      </head>
      <body>
        ${body}
      </body>
    </html>`.text;
}

function signInBox(user: string | undefined): Html {
  if (user !== undefined)
    return html`<p class="session">Signed in as <b>${user}</b> <a class="button" href="/logout">Sign out</a></p>`;
  return html`<form class="session" method="post" action="/login">
    <input name="username" placeholder="User name" aria-label="User name" autocomplete="username" required />
    <input name="passwd" type="password" placeholder="Any password" aria-label="Password" autocomplete="off" />
    <button class="button">Sign in</button>
  </form>`;
}

function detailsOf(details: JsonRecord): Html {
  if (details["error"] !== undefined) return sorry(details["error"]);
  const rows = [
    ["Author", "author"],
    ["Year", "year"],
    ["Type", "type"],
    ["Pages", "pages"],
    ["Publisher", "publisher"],
    ["Language", "language"],
    ["ISBN-10", "ISBN-10"],
    ["ISBN-13", "ISBN-13"],
  ] as const;
  return html`<dl>
    ${rows.map(
      ([label, field]) =>
        html`<dt>${label}</dt>
          <dd>${details[field]}</dd>`,
    )}
  </dl>`;
}

function reviewsOf({ error, reviews, podname, clustername }: JsonRecord): Html {
  if (error !== undefined) return sorry(error);
  const list = Array.isArray(reviews) ? reviews.filter(isRecord) : [];
  const cluster = typeof clustername === "string" ? html`, cluster ${clustername}` : undefined;
  return html`${list.map(review)}
    <p class="served">Reviews served by: ${podname ?? "unknown"}${cluster}</p>`;
}

function review({ text, reviewer, rating }: JsonRecord): Html {
  return html`<figure>
    <blockquote>${text}</blockquote>
    <figcaption>${reviewer} ${isRecord(rating) ? starsOf(rating) : undefined}</figcaption>
  </figure>`;
}

function starsOf({ error, stars, color }: JsonRecord): Html {
  if (typeof stars !== "number") return html`<span class="error">${error ?? "no rating"}</span>`;
  const count = Math.max(0, Math.min(5, Math.round(stars)));
  const given = html`<font color="${color}">${"★".repeat(count)}</font>`;
  const missing = html`<span class="missing">${"★".repeat(5 - count)}</span>`;
  return html`<span class="stars" aria-hidden="true">${given}${missing}</span> ${count} of 5 stars`;
}

function sorry(error: unknown): Html {
  return html`<p class="error" role="alert">${error}</p>`;
}
