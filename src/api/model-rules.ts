import { applyDefaults, type Finding, jsonSchemaOf, unknownFields, validate } from "../model/index.ts";
import type { Cause } from "./faults.ts";
import type { ObjectRules } from "./rules.ts";

/** Unknown fields are the business of `fieldValidation`. */
const isOther = ({ code }: Finding) => code !== "unknown-field";

/** The rules of the kinds Weft knows. */
export const modelRules: ObjectRules = {
  applyDefaults,
  unknownFields,
  validate(object) {
    const findings = validate(object).filter(isOther);
    return {
      errors: findings.filter(({ severity }) => severity === "error").map(causeOf),
      warnings: findings.filter(({ severity }) => severity === "warning").map(textOf),
    };
  },
  schema: jsonSchemaOf,
};

/** Reasons as in `metav1.CauseType`. */
const reasons: Readonly<Record<string, string>> = {
  required: "FieldValueRequired",
  duplicate: "FieldValueDuplicate",
  forbidden: "FieldValueForbidden",
  "wrong-type": "FieldValueTypeInvalid",
};

function causeOf(finding: Finding): Cause {
  const { code, message, path, remedy } = finding;
  const text = remedy === undefined ? message : `${message} (${remedy})`;
  return { reason: reasons[code] ?? "FieldValueInvalid", message: text, field: path };
}

function textOf({ path, message, remedy }: Finding): string {
  return `${path === "" ? "" : `${path}: `}${message}${remedy === undefined ? "" : ` (${remedy})`}`;
}
