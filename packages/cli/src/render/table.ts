import { styleText } from 'node:util';

export type Colour = 'green' | 'yellow' | 'red' | 'gray' | 'bold';

/** A text with the colour in which it shows where colours are allowed. */
export interface Cell {
  readonly text: string;
  readonly colour?: Colour | undefined;
}

/** Puts colour around a text. */
export type Paint = (cell: Cell) => string;

export function createPaint(colours: boolean): Paint {
  return ({ text, colour }) =>
    colours && colour !== undefined ? styleText(colour, text, { validateStream: false }) : text;
}

/**
 * Columns that a text takes on a terminal: East Asian wide characters take two (Unicode Standard Annex 11).
 */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += isWide(character.codePointAt(0) ?? 0) ? 2 : 1;
  return width;
}

function isWide(point: number): boolean {
  return (
    (point >= 0x1100 && point <= 0x115f) ||
    (point >= 0x2e80 && point <= 0xa4cf) ||
    (point >= 0xac00 && point <= 0xd7a3) ||
    (point >= 0xf900 && point <= 0xfaff) ||
    (point >= 0xfe30 && point <= 0xfe6f) ||
    (point >= 0xff00 && point <= 0xff60) ||
    (point >= 0xffe0 && point <= 0xffe6) ||
    (point >= 0x20000 && point <= 0x3fffd)
  );
}

/** Sets rows in columns, two blanks between them and none at the end of a line. */
export function renderTable(rows: readonly (readonly Cell[])[], paint: Paint): string {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach(({ text }, column) => (widths[column] = Math.max(widths[column] ?? 0, displayWidth(text))));
  const lines = rows.map((row) => {
    const last = row.findLastIndex(({ text }) => text !== '');
    return row
      .slice(0, last + 1)
      .map((cell, column) => {
        const gap = column === last ? '' : ' '.repeat((widths[column] ?? 0) - displayWidth(cell.text) + 2);
        return `${paint(cell)}${gap}`;
      })
      .join('');
  });
  return lines.map((line) => `${line}\n`).join('');
}
