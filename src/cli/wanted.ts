import { closest } from "../base/index.ts";
import { allKinds, type Kind, type KubeObject } from "../model/index.ts";
import { Misuse } from "./verb.ts";

/** What a command line asks for: one object, or all of a kind. */
export interface Wanted {
  readonly kind: Kind;
  readonly name?: string;
}

/** `KIND[,KIND] [NAME…]` or `KIND/NAME…`, as kubectl takes them. */
export function wantedOf(operands: readonly string[]): Wanted[] {
  if (operands.some((operand) => operand.includes("/"))) {
    return operands.flatMap((operand) => {
      const [kind = "", name = "", ...rest] = operand.split("/");
      if (kind === "" || name === "" || rest.length > 0)
        throw new Misuse(`"${operand}" does not stand beside KIND/NAME`, "write all of them as KIND/NAME");
      return kindsOf(kind).map((row) => ({ kind: row, name }));
    });
  }
  const [first = "", ...names] = operands;
  const kinds = kindsOf(first);
  return names.length === 0
    ? kinds.map((kind) => ({ kind }))
    : kinds.flatMap((kind) => names.map((name) => ({ kind, name })));
}

/** The kinds of `pods`, `deploy`, `VirtualService`, `deployments.apps`, `po,svc`, `all`. */
export function kindsOf(text: string): Kind[] {
  const kinds = text.split(",").flatMap((word) => {
    const found = kindsNamed(word.toLowerCase());
    if (found.length === 0) throw unknownKind(word);
    return found;
  });
  return [...new Set(kinds)];
}

/** `deployments`, or `deployments.apps` outside the core group: how messages name a kind. */
export function resourceOf({ plural, group }: Kind): string {
  return group === "" ? plural : `${plural}.${group}`;
}

/** `pod`, `deployment.apps`: how one object's kind is printed before its name. */
export function singularOf({ singular, group }: Kind): string {
  return group === "" ? singular : `${singular}.${group}`;
}

/** `deployment.apps/reviews-v1` */
export function titleOf(kind: Kind, { metadata }: KubeObject): string {
  return `${singularOf(kind)}/${metadata.name ?? ""}`;
}

function kindsNamed(word: string): Kind[] {
  const dot = word.indexOf(".");
  const [name, of] = dot < 0 ? [word, undefined] : [word.slice(0, dot), word.slice(dot + 1)];
  const named = allKinds.find((kind) => {
    const groups = [kind.group, ...kind.versions.flatMap((version) => [version, `${version}.${kind.group}`])];
    return namesOf(kind).includes(name) && (of === undefined || groups.includes(of));
  });
  return named ? [named] : allKinds.filter(({ categories }) => categories.includes(word));
}

function namesOf({ plural, singular, shortNames }: Kind): string[] {
  return [plural, singular, ...shortNames];
}

function unknownKind(word: string): Misuse {
  const meant = closest(
    word,
    allKinds.flatMap((kind) => [kind.plural, kind.singular]),
  );
  const remedy =
    meant === undefined ? `there are: ${allKinds.map(({ plural }) => plural).join(", ")}` : `did you mean ${meant}?`;
  return new Misuse(`there is no kind "${word}"`, remedy);
}
