/** Who sees an object: everyone, nobody, or the namespaces listed (already in full). */
export interface Visibility {
  readonly everyone: boolean;
  readonly namespaces: readonly string[];
}

const everyone: Visibility = { everyone: true, namespaces: [] };
const nobody: Visibility = { everyone: false, namespaces: [] };

/** `exportTo` of an object in `namespace`: absent means everyone, `*` beats `~`, `~` beats the rest, `.` is the own namespace. */
export function visibilityOf(exportTo: readonly string[] | undefined, namespace: string): Visibility {
  if (exportTo === undefined || exportTo.length === 0 || exportTo.includes("*")) return everyone;
  if (exportTo.includes("~")) return nobody;
  return { everyone: false, namespaces: exportTo.map((name) => (name === "." ? namespace : name)) };
}

/** A Service says it in an annotation, separated by commas. */
export function annotatedVisibility(text: string | undefined, namespace: string): Visibility {
  const names = text?.split(",").map((name) => name.trim());
  return visibilityOf(
    names?.filter((name) => name !== ""),
    namespace,
  );
}

export function visibleIn(visibility: Visibility, namespace: string): boolean {
  return visibility.everyone || visibility.namespaces.includes(namespace);
}
