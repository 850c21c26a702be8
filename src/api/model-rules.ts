import { applyDefaults } from "../model/index.ts";
import { jsonSchemaOf, unknownFields } from "../model/strict.ts";
import type { ObjectRules } from "./rules.ts";

/** The rules of the kinds Weft knows. */
export const modelRules: ObjectRules = {
  applyDefaults,
  unknownFields,
  validate: () => ({ errors: [], warnings: [] }),
  schema: jsonSchemaOf,
};
