import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

/** How a person works with a page: what is done is the same, with the mouse or with the keyboard alone. */
export interface Hands {
  press(button: Locator): Promise<void>;
  /** Types into a field what it is to hold. */
  fill(field: Locator, text: string): Promise<void>;
  /** Takes an entry of a list of choices by its value. */
  choose(list: Locator, value: string): Promise<void>;
  /** Opens the menu of a place of the grid and takes an entry. */
  take(place: Locator, entry: RegExp): Promise<void>;
  /** Closes the dialog that is open. */
  close(): Promise<void>;
}

export function useMouse(page: Page): Hands {
  return {
    press: (button) => button.click(),
    fill: async (field, text) => {
      await field.click();
      await field.fill(text);
    },
    choose: async (list, value) => {
      await list.selectOption(value);
    },
    take: async (place, entry) => {
      await place.click({ button: 'right' });
      await page.getByRole('menuitem', { name: entry }).click();
    },
    close: async () => {
      await page.getByRole('dialog').locator('footer').getByRole('button').last().click();
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
    },
  };
}

/** More fields and buttons than any dialog has. */
const mostTabs = 120;
const mostKeys = 60;

export function useKeyboard(page: Page): Hands {
  const { keyboard } = page;
  const hasFocus = (target: Locator): Promise<boolean> =>
    target.evaluate((element) => element.ownerDocument.activeElement === element);

  async function tabTo(target: Locator): Promise<void> {
    await target.waitFor();
    for (let count = 0; count < mostTabs; count += 1) {
      if (await hasFocus(target)) return;
      await keyboard.press('Tab');
    }
    throw new Error(`Tab does not lead to ${String(target)}`);
  }

  async function press(button: Locator): Promise<void> {
    await tabTo(button);
    await expect.poll(() => button.isEnabled(), { timeout: 15_000 }).toBe(true);
    await tabTo(button);
    await keyboard.press('Enter');
  }

  /** The focus may follow a key a moment later: another one too soon would lead too far. */
  async function pressUntil(key: string, isThere: () => Promise<boolean>): Promise<void> {
    for (let count = 0; count < mostKeys; count += 1) {
      if (await isThere()) return;
      await keyboard.press(key);
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
    }
    throw new Error(`${key} does not lead there`);
  }

  /** From the place of the grid that Tab comes to, with the arrow keys. */
  async function goTo(place: Locator): Promise<void> {
    await tabTo(page.locator('[data-place][tabindex="0"]').first());
    const [row, column] = placeOf(await place.getAttribute('data-place'));
    const isAt = async (part: 0 | 1, wanted: number): Promise<boolean> => {
      const focused = page.locator('[data-place]:focus');
      return placeOf(await focused.getAttribute('data-place'))[part] === wanted;
    };
    const [fromRow] = placeOf(await page.locator('[data-place]:focus').getAttribute('data-place'));
    await pressUntil(row > fromRow ? 'ArrowDown' : 'ArrowUp', () => isAt(0, row));
    const [, fromColumn] = placeOf(await page.locator('[data-place]:focus').getAttribute('data-place'));
    await pressUntil(column > fromColumn ? 'ArrowRight' : 'ArrowLeft', () => isAt(1, column));
  }

  return {
    press,
    fill: async (field, text) => {
      await tabTo(field);
      await keyboard.press('ControlOrMeta+A');
      await keyboard.type(text);
    },
    choose: async (list, value) => {
      await tabTo(list);
      await keyboard.press('Home');
      await pressUntil('ArrowDown', async () => (await list.inputValue()) === value);
    },
    take: async (place, entry) => {
      await goTo(place);
      await keyboard.press('Tab');
      await keyboard.press('Enter');
      const item = page.getByRole('menuitem', { name: entry });
      await item.waitFor();
      await pressUntil('ArrowDown', () => hasFocus(item));
      await keyboard.press('Enter');
    },
    close: async () => {
      await keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
    },
  };
}

function placeOf(text: string | null): readonly [number, number] {
  const [row = 0, column = 0] = (text ?? '').split(':').map(Number);
  return [row, column];
}

/** Counts from now on what a mouse, a pen or a finger does to the pages of this browser. */
export async function watchPointers(page: Page): Promise<() => Promise<number>> {
  const watch = `globalThis.pointers ??= (() => {
    const seen = { count: 0 };
    for (const kind of ['pointerdown', 'mousedown', 'touchstart', 'mousemove', 'contextmenu'])
      addEventListener(kind, () => { seen.count += 1; }, true);
    return seen;
  })(); undefined`;
  await page.context().addInitScript(watch);
  await page.evaluate(watch);
  return () => page.evaluate<number>('globalThis.pointers.count');
}
