import { badRequest, methodNotAllowed } from "../faults.ts";
import { isObject } from "../patch/json-value.ts";
import { type Call, sendJson } from "./answer.ts";
import { readBody } from "./body.ts";

/** Questions about the one who asks. Whoever knows the token may do everything. */
const answers: Readonly<Record<string, object>> = {
  "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews": {
    allowed: true,
    reason: "the token of this mesh allows all",
  },
  "/apis/authentication.k8s.io/v1/selfsubjectreviews": {
    userInfo: { username: "weft", groups: ["system:masters", "system:authenticated"] },
  },
};

export function isReview(path: string): boolean {
  return Object.hasOwn(answers, path);
}

/** `kubectl auth can-i` and `kubectl auth whoami`. */
export async function serveReview({ request, response, path }: Call): Promise<void> {
  if (request.method !== "POST") throw methodNotAllowed();
  const review = await readBody(request);
  if (!isObject(review)) throw badRequest("the body of the request must be an object");
  sendJson(response, 201, { ...review, status: answers[path] });
}
