import type { Column } from "./kind.ts";

const name: Column = {
  name: "Name",
  type: "string",
  description: "Name.",
  priority: 0,
  cell: (object) => object.metadata.name ?? "",
};

export const columns = { other: [name] };
