/** The kinds users write: schema, defaults, validation with positions, printing. Runs in the browser too. */
export * from "./kind.ts";
export * from "./object.ts";
