import type { Static } from "typebox";
import { anything, list, map, object, portNumber, schemaOf, text, textMap, texts } from "./build.ts";
import { conditions } from "./meta.ts";

/** One string out of exact, prefix, regex; none of them asks for presence alone. */
export const stringMatch = object(
  "How a string must look: one of these.",
  {},
  {
    exact: text("The whole string."),
    prefix: text("How it begins."),
    regex: text("An RE2 expression for the whole string.", { format: "regex" }),
  },
);
export type StringMatch = Static<typeof stringMatch>;
export const stringMatches = (description: string) => map(description, stringMatch);

export const portSelector = object("A port.", {}, { number: portNumber("Number.") });

/** `exportTo`, the same in VirtualService, DestinationRule and ServiceEntry. */
export const exportTo = texts("Namespaces that see it: `.` its own, `*` all, `~` none, or names. All if absent.");

export const workloadSelector = object(
  "Workloads it is for.",
  {},
  { matchLabels: textMap("Labels of the workloads.") },
);

/** Status of Istio's kinds. */
export const istioStatus = object(
  "State.",
  {},
  {
    conditions,
    observedGeneration: schemaOf<number | string>({
      description: "Generation seen.",
      "x-kubernetes-int-or-string": true,
    }),
    validationMessages: list("Findings.", anything("A finding.")),
    addresses: list("Addresses given.", object("An address.", {}, { value: text("Address."), host: text("Host.") })),
  },
);

export const headers = (() => {
  const operations = object(
    "Changes of headers.",
    {},
    { set: textMap("Overwrite."), add: textMap("Append."), remove: texts("Remove.") },
  );
  return object("Changes of headers.", {}, { request: operations, response: operations });
})();
