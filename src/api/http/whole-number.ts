import { badRequest } from "../faults.ts";

/** A number of a query; 0 where it is not said. */
export function wholeNumber(query: URLSearchParams, name: string): number {
  const text = query.get(name) || "0";
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number))
    throw badRequest(`invalid ${name} ${JSON.stringify(text)}: a whole number is needed`);
  return number;
}
