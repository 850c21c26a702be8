import { harmless } from "./terminal.ts";

const gap = 3;

/** Lines of aligned columns, as kubectl prints them. Widths grow and never shrink, so rows that come later stay aligned. */
export class Table {
  readonly #widths: number[] = [];

  /** All lines, each with its end. */
  lines(rows: readonly (readonly string[])[]): string {
    const shown = rows.map((row) => row.map((cell) => harmless(cell).replace(/[\t\n]+/g, " ")));
    for (const row of shown) {
      for (const [column, cell] of row.entries())
        this.#widths[column] = Math.max(this.#widths[column] ?? 0, cell.length + gap);
    }
    return shown
      .map(
        (row) =>
          `${row
            .map((cell, column) => cell.padEnd(this.#widths[column] ?? 0))
            .join("")
            .trimEnd()}\n`,
      )
      .join("");
  }
}
