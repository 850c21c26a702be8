import type { KubeObject } from "../../model/index.ts";
import type { Api } from "../api.ts";
import { type Form, partial, tableOf } from "./table.ts";
import type { Target } from "./target.ts";

/** One object in the form its reader asked for. `columns`: a table says them, as all but the first of a watch do not. */
export function shown(api: Api, target: Target, object: KubeObject, form: Form, columns = true): unknown {
  const whole = object.apiVersion === target.apiVersion ? object : { ...object, apiVersion: target.apiVersion };
  switch (form.as) {
    case "whole":
      return whole;
    case "metadata":
      return partial(whole);
    case "table": {
      const metadata = { resourceVersion: object.metadata.resourceVersion };
      return tableOf([whole], { kind: target.kind, include: form.include, metadata, now: api.clock.now(), columns });
    }
  }
}

export function listShown(
  api: Api,
  target: Target,
  items: readonly KubeObject[],
  metadata: object,
  form: Form,
): unknown {
  const { kind, apiVersion } = target;
  const whole = items.map((object) => (object.apiVersion === apiVersion ? object : { ...object, apiVersion }));
  switch (form.as) {
    case "whole":
      return { kind: `${kind.kind}List`, apiVersion, metadata, items: whole };
    case "metadata":
      return { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata, items: whole.map(partial) };
    case "table":
      return tableOf(whole, { kind, include: form.include, metadata, now: api.clock.now() });
  }
}
