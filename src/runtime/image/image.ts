import type { ImageCatalog } from "../../model/index.ts";
import { bookinfoProgram } from "./bookinfo.ts";
import { type ImageReference, parseImage } from "./reference.ts";

/** What stands for an image: its entry point, default arguments, variables and folder. */
export interface Program {
  readonly command: readonly string[];
  /** Used unless the container has `args` of its own. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir?: string;
}

export interface UnknownImage {
  readonly blocked: { readonly reason: string; readonly message: string };
}

/** The program of an image. Catalogs of the user come first, in order of their names, then Bookinfo. */
export function resolveImage(image: string, catalogs: readonly ImageCatalog[]): Program | UnknownImage {
  const reference = parseImage(image);
  if (!reference) {
    return { blocked: { reason: "InvalidImageName", message: `"${image}" is not an image name; use \`name:tag\`.` } };
  }
  return fromCatalogs(image, reference, catalogs) ?? bookinfoProgram(reference) ?? unknown(image);
}

function fromCatalogs(
  image: string,
  reference: ImageReference,
  catalogs: readonly ImageCatalog[],
): Program | undefined {
  const names = namesOf(image, reference);
  const ordered = catalogs.toSorted((one, other) => compare(one.metadata.name, other.metadata.name));
  for (const entry of ordered.flatMap((catalog) => catalog.spec.images)) {
    const pattern = patternOf(entry.match);
    if (!names.some((name) => pattern.test(name))) continue;
    return {
      command: entry.command,
      args: entry.args ?? [],
      env: Object.fromEntries((entry.env ?? []).map(({ name, value }) => [name, value])),
      ...(entry.workingDir !== undefined && { workingDir: entry.workingDir }),
    };
  }
  return undefined;
}

/** As written, and without digest, tag and registry: a pattern may leave out what does not matter to it. */
function namesOf(image: string, { registry, path, tag }: ImageReference): string[] {
  const names = [path, `${registry}/${path}`];
  if (tag !== undefined) names.push(...names.map((name) => `${name}:${tag}`));
  return [image, ...names];
}

function patternOf(match: string): RegExp {
  const parts = match.split("*").map((literal) => literal.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join(".*")}$`, "s");
}

function unknown(image: string): UnknownImage {
  const message =
    `Weft runs pods as processes and has no command for the image "${image}". ` +
    "Give the container a `command`, or name the image in an ImageCatalog.";
  return { blocked: { reason: "ImageUnknown", message } };
}

function compare(one = "", other = ""): number {
  return one < other ? -1 : Number(one > other);
}
