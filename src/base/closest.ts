/** The word that was probably meant, if one is near enough. */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(Math.min(word.length, 100) / 3)) + 1;
  for (const candidate of candidates) {
    const begins = word.length >= 3 && candidate.startsWith(word);
    const distance = begins ? 1 : editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Letters to insert, delete, replace or swap with the next to get from one to the other. */
function editDistance(from: string, to: string): number {
  let above: number[] = [];
  let line = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= Math.min(from.length, 100); row += 1) {
    const last = line;
    const next = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      next.push(
        Math.min(
          (last[column] ?? 0) + 1,
          (next[column - 1] ?? 0) + 1,
          (last[column - 1] ?? 0) + (same ? 0 : 1),
          swapped ? (above[column - 2] ?? 0) + 1 : Infinity,
        ),
      );
    }
    [above, line] = [last, next];
  }
  return line[to.length] ?? 0;
}
