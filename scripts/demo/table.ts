import { stripVTControlCharacters } from 'node:util';

/**
 * Lines of a table whose columns align.
 * @param widths most characters of each column; what is longer ends in `…`
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  widths: readonly number[],
): string[] {
  const all = [head, ...rows].map((row) => row.map((cell, column) => cut(cell, widths[column] ?? Infinity)));
  const columns = head.map((_, column) => Math.max(...all.map((row) => shownLength(row[column] ?? ''))));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((columns[column] ?? 0) - shownLength(cell)))
      .join('  ')
      .trimEnd(),
  );
  const rule = columns.map((width) => '─'.repeat(width)).join('  ');
  return [lines[0] ?? '', rule, ...lines.slice(1)];
}

function shownLength(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}

function cut(text: string, width: number): string {
  return shownLength(text) <= width
    ? text
    : `${Array.from(text)
        .slice(0, width - 1)
        .join('')}…`;
}
