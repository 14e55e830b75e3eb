import type { GridSize } from './use-window.ts';
import { useCallback, useEffect, useRef, useState, type KeyboardEvent, type RefObject } from 'react';

/** A place of the grid: row -1 is the head, column 0 the tree. */
export interface GridPlace {
  readonly row: number;
  readonly column: number;
}

export interface GridKeys {
  /** The one place that Tab comes to; the arrow keys lead on from there. */
  readonly active: GridPlace;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly onFocus: (place: GridPlace) => void;
}

const page = 10;

/** Arrow keys, Home, End and Page keys between the places of a grid, as the pattern "treegrid" of ARIA has them. */
export function useGridKeys(
  box: RefObject<HTMLElement | null>,
  size: GridSize,
  /** Opens or closes a row of the tree; answers whether that was to be done. */
  onToggle: (row: number, open: boolean) => boolean,
): GridKeys {
  const [active, setActive] = useState<GridPlace>({ row: 0, column: 0 });
  const wanted = useRef<GridPlace>(undefined);
  useEffect(() => {
    const place = wanted.current;
    const found =
      place &&
      box.current?.querySelector<HTMLElement>(`[data-place="${String(place.row)}:${String(place.column)}"]`);
    if (!found) return;
    wanted.current = undefined;
    found.focus({ preventScroll: true });
    found.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  });
  const go = (place: GridPlace): void => {
    const row = Math.max(-1, Math.min(size.rows - 1, place.row));
    const column = Math.max(row === -1 ? 1 : 0, Math.min(size.columns, place.column));
    wanted.current = { row, column };
    bringIntoSight(box.current, { row, column }, size);
    setActive({ row, column });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // Keys of a menu or of details that are open over the grid come here as well, and are not for it.
    if (!(event.target instanceof Node) || !box.current?.contains(event.target)) return;
    const { row, column } = active;
    const steps: Readonly<Record<string, GridPlace>> = {
      ArrowUp: { row: row - 1, column },
      ArrowDown: { row: row + 1, column },
      ArrowLeft: { row, column: column - 1 },
      ArrowRight: { row, column: column + 1 },
      PageUp: { row: row - page, column },
      PageDown: { row: row + page, column },
      Home: event.ctrlKey ? { row: 0, column: 0 } : { row, column: 0 },
      End: event.ctrlKey ? { row: size.rows - 1, column } : { row, column: size.columns },
    };
    const step = steps[event.key];
    if (!step || event.altKey) return;
    event.preventDefault();
    const toggles = column === 0 && (event.key === 'ArrowRight' || event.key === 'ArrowLeft');
    if (toggles && onToggle(row, event.key === 'ArrowRight')) return;
    go(step);
  };
  const onFocus = useCallback((place: GridPlace): void => {
    setActive((before) => (before.row === place.row && before.column === place.column ? before : place));
  }, []);
  const row = Math.min(active.row, size.rows - 1);
  return { active: { row, column: Math.min(active.column, size.columns) }, onKeyDown, onFocus };
}

/** What is out of sight is not there yet: first it must come into sight. */
function bringIntoSight(box: HTMLElement | null, { row, column }: GridPlace, size: GridSize): void {
  if (!box) return;
  const { rowPx, columnPx } = size;
  const top = row * rowPx;
  const space = box.clientHeight - 3 * rowPx;
  if (row >= 0 && top < box.scrollTop) box.scrollTop = top;
  else if (top > box.scrollTop + space) box.scrollTop = top - space;
  if (column === 0) return;
  const treePx = box.querySelector('.hf-tree-cell')?.clientWidth ?? 0;
  const left = (column - 1) * columnPx;
  const wide = box.clientWidth - treePx - columnPx;
  if (left < box.scrollLeft) box.scrollLeft = left;
  else if (left > box.scrollLeft + wide) box.scrollLeft = left - wide;
}
