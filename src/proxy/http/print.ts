// On the path of every request.
import { STATUS_CODES } from "node:http";

/** A request's head as it is sent: framing is said anew from what was read, never copied. */
export function printRequest(
  method: string,
  target: string,
  host: string,
  fields: readonly string[],
  framing: string,
): string {
  return `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\n${lines(fields)}${framing}\r\n`;
}

export function printResponse(status: number, reason: string, fields: readonly string[], framing: string): string {
  return `HTTP/1.1 ${status} ${reason === "" ? (STATUS_CODES[status] ?? "") : reason}\r\n${lines(fields)}${framing}\r\n`;
}

/** Joined from the left, which grows one string: a fifth faster than a string for each line. */
function lines(fields: readonly string[]): string {
  let text = "";
  for (let index = 0; index < fields.length; index += 2) {
    text = text + (fields[index] ?? "") + ": " + (fields[index + 1] ?? "") + "\r\n";
  }
  return text;
}

let second = 0;
let date = "";

/** The present time for a `date` field; made once a second. */
export function httpDate(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    date = new Date(now * 1000).toUTCString();
  }
  return date;
}
