/** An answer as a plain client reads it. */
interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

export interface Answers {
  readonly answers: readonly Answer[];
  /** Bytes behind the last whole answer. */
  readonly rest: string;
}

/** The value of a field; `name` in lower case. */
export function field(head: string, name: string): string | undefined {
  for (const line of head.split("\r\n").slice(1)) {
    const colon = line.indexOf(":");
    if (line.slice(0, colon).toLowerCase() === name) return line.slice(colon + 1).trim();
  }
  return undefined;
}

/**
 * Takes a connection's bytes apart into final answers. `toHead` tells whether the answer at this place, with this
 * head, is one to HEAD. An answer whose length only the end of the connection tells stays in `rest`.
 */
export function readAnswers(text: string, toHead: (index: number, head: string) => boolean): Answers {
  const answers: Answer[] = [];
  let rest = text;
  for (;;) {
    const end = rest.indexOf("\r\n\r\n");
    if (end === -1) return { answers, rest };
    const head = rest.slice(0, end + 2);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1] ?? 0);
    const body = bodyOf(head, rest.slice(end + 4), status, toHead(answers.length, head));
    if (!body) return { answers, rest };
    rest = rest.slice(end + 4 + body.bytes);
    if (status >= 200) answers.push({ status, head, body: body.text });
  }
}

function bodyOf(
  head: string,
  rest: string,
  status: number,
  bodiless: boolean,
): { readonly text: string; readonly bytes: number } | undefined {
  if (bodiless || (status >= 100 && status < 200 && status !== 101) || status === 204 || status === 304)
    return { text: "", bytes: 0 };
  if (field(head, "transfer-encoding") === "chunked") {
    let text = "";
    let at = 0;
    for (;;) {
      const line = /^([0-9a-f]+)\r\n/.exec(rest.slice(at));
      if (!line) return undefined;
      const size = Number.parseInt(line[1] ?? "", 16);
      at += line[0].length;
      if (size === 0) {
        const last = rest.slice(at - 2).indexOf("\r\n\r\n");
        return last === -1 ? undefined : { text, bytes: at + last + 2 };
      }
      if (rest.length < at + size + 2) return undefined;
      text += rest.slice(at, at + size);
      at += size + 2;
    }
  }
  const length = field(head, "content-length");
  if (length === undefined || !/^\d+$/.test(length) || rest.length < Number(length)) return undefined;
  return { text: rest.slice(0, Number(length)), bytes: Number(length) };
}
