/**
 * Puts variables in place of `$(NAME)` by Kubernetes' rules: `$$` is a dollar sign (so `$$(NAME)` stays `$(NAME)`),
 * and a reference to what is not there stays as it is.
 */
export function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$(?:\$|\(([^)]*)\))/g, (reference, name?: string) => {
    if (name === undefined) return "$";
    return (Object.hasOwn(variables, name) ? variables[name] : undefined) ?? reference;
  });
}
