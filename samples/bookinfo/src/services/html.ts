/** Text that is HTML already. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A template whose values are escaped, unless they are `Html`; lists are joined, undefined is left out. */
export function html(strings: TemplateStringsArray, ...values: readonly unknown[]): Html {
  return new Html(strings.map((text, index) => (index === 0 ? "" : rendered(values[index - 1])) + text).join(""));
}

function rendered(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(rendered).join("");
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}
