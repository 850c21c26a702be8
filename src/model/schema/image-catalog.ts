import type { Static } from "typebox";
import { list, object, text, texts } from "./build.ts";
import { conditions, head } from "./meta.ts";

export const imageCatalog = object(
  "Which command an image name stands for, where pods run as processes.",
  {
    ...head,
    spec: object(
      "The images.",
      {
        images: list(
          "Tried in order; the first match counts.",
          object(
            "An image.",
            {
              match: text("A pattern on the image name; `*` stands for any characters."),
              command: texts("Program and arguments.", { minItems: 1 }),
            },
            {
              args: texts("Arguments, unless the container has its own."),
              env: list(
                "Environment variables.",
                object("A variable.", { name: text("Name.", { format: "env-name" }), value: text("Value.") }, {}),
              ),
              workingDir: text("Directory to start in; relative to the file's folder."),
            },
          ),
        ),
      },
      {},
    ),
  },
  { status: object("State.", {}, { conditions }) },
);
export type ImageCatalog = Static<typeof imageCatalog>;
