import { useLayoutEffect, useState, type RefObject } from 'react';

/** The part of a grid that is made; what is out of sight is not. Ends are the first ones behind. */
export interface GridWindow {
  readonly rows: { readonly from: number; readonly to: number };
  readonly columns: { readonly from: number; readonly to: number };
}

/** Rows and columns of one size each; the columns stand behind a first one that stays in sight. */
export interface GridSize {
  readonly rows: number;
  readonly columns: number;
  readonly rowPx: number;
  readonly columnPx: number;
}

interface Sight {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

const spareRows = 6;
const spareColumns = 1;
/** Before the box is there: what a screen can show. */
const firstSight: Sight = { top: 0, left: 0, height: 700, width: 1_300 };

/** Which rows and columns can be seen in a box that scrolls, and some beside them. */
export function useGridWindow(box: RefObject<HTMLElement | null>, size: GridSize): GridWindow {
  const { rows, columns, rowPx, columnPx } = size;
  const [sight, setSight] = useState(firstSight);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const look = (): void => {
      const { scrollTop, scrollLeft, clientHeight: height, clientWidth: width } = element;
      // Whole steps: scrolling by a few pixels changes nothing.
      const top = Math.floor(scrollTop / rowPx / 3) * rowPx * 3;
      const left = Math.floor(scrollLeft / columnPx) * columnPx;
      setSight((before) =>
        before.top === top && before.left === left && before.height === height && before.width === width
          ? before
          : { top, left, height, width },
      );
    };
    const watch = new ResizeObserver(look);
    watch.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    look();
    return () => {
      watch.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [box, rowPx, columnPx]);
  return {
    rows: part(rows, {
      from: sight.top / rowPx,
      to: (sight.top + sight.height) / rowPx + 3,
      spare: spareRows,
    }),
    columns: part(columns, {
      from: sight.left / columnPx,
      to: (sight.left + sight.width) / columnPx,
      spare: spareColumns,
    }),
  };
}

function part(
  count: number,
  seen: { readonly from: number; readonly to: number; readonly spare: number },
): { readonly from: number; readonly to: number } {
  const from = Math.max(0, Math.floor(seen.from) - seen.spare);
  return {
    from: Math.min(Math.max(0, count - 1), from),
    to: Math.min(count, Math.ceil(seen.to) + seen.spare),
  };
}
