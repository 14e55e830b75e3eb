import { useLayoutEffect, useState, type RefObject } from 'react';

/** Rows of one height; those out of sight are not made. */
export interface RowWindow {
  readonly from: number;
  /** The first one behind. */
  readonly to: number;
}

const spareRows = 6;

/** Which of `count` rows can be seen in a box that scrolls, and some before and behind. */
export function useRowWindow(
  box: RefObject<HTMLElement | null>,
  { count, rowPx }: { readonly count: number; readonly rowPx: number },
): RowWindow {
  const [seen, setSeen] = useState({ top: 0, height: 900 });
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const look = (): void => {
      // Whole steps: scrolling by a few pixels changes nothing.
      const top = Math.floor(element.scrollTop / rowPx / 3) * rowPx * 3;
      const height = element.clientHeight;
      setSeen((before) => (before.top === top && before.height === height ? before : { top, height }));
    };
    const watch = new ResizeObserver(look);
    watch.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    look();
    return () => {
      watch.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [box, rowPx]);
  const last = Math.max(0, count - 1);
  const from = Math.min(last, Math.max(0, Math.floor(seen.top / rowPx) - spareRows));
  return { from, to: Math.min(count, Math.ceil((seen.top + seen.height) / rowPx) + spareRows + 3) };
}
