import { bodyOf } from "../http/body.ts";
import { parseJson } from "../http/json.ts";
import { json, numberOf, Refusal, type Service } from "../http/service.ts";

/** Stars by reviewer. What is POSTed is kept in memory, for this process only. */
export function ratings(): Service {
  const given = new Map<number, unknown>();
  const answer = (id: number) => json(200, { id, ratings: given.get(id) ?? { Reviewer1: 5, Reviewer2: 4 } });
  return {
    name: "ratings",
    routes: {
      "GET /health": () => json(200, { status: "Ratings is healthy" }),
      "GET /ratings/{id}": (_, id) => answer(numberOf(id)),
      "POST /ratings/{id}": async (request, id) => {
        const product = numberOf(id);
        const posted = parseJson(await bodyOf(request));
        if (posted === undefined) throw new Refusal(400, "please provide valid ratings JSON");
        given.set(product, posted);
        return answer(product);
      },
    },
  };
}
