/** Runs `compile`; what it throws says where: the path of the field, then what is wrong. */
export function under<T>(path: string, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    throw new RangeError(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
