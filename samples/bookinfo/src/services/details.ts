import { json, numberOf, type Service } from "../http/service.ts";

/** What is known of a book: the same for each, as there is but one. */
export function details(): Service {
  return {
    name: "details",
    routes: {
      "GET /health": () => json(200, { status: "Details is healthy" }),
      "GET /details/{id}": (_, id) =>
        json(200, {
          id: numberOf(id),
          author: "William Shakespeare",
          year: 1595,
          type: "paperback",
          pages: 200,
          publisher: "PublisherA",
          language: "English",
          "ISBN-10": "1234567890",
          "ISBN-13": "123-1234567890",
        }),
    },
  };
}
