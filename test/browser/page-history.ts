import type { Page } from 'playwright-core';

/** What the cluster page showed at one time: the connection, and the words of each cell. */
export interface Shown {
  readonly connection: string;
  /** By "tag on server". */
  readonly states: Readonly<Record<string, string>>;
}

const watch = `globalThis.shown = []; (() => {
  const look = () => {
    const cells = [...document.querySelectorAll('[role="gridcell"] [data-state][data-place]')];
    const states = Object.fromEntries(cells.map((cell) =>
      [cell.getAttribute('aria-label').split(':')[0].replace(/ is not extended.*/, ''), cell.dataset.state]));
    const connection = document.querySelector('[data-connection]')?.dataset.connection ?? '';
    const checks = [...document.querySelectorAll('.hf-checks [data-outcome]')].map((line) => line.dataset.outcome);
    const now = JSON.stringify({ connection, states, checks });
    if (now !== JSON.stringify(globalThis.shown.at(-1))) globalThis.shown.push(JSON.parse(now));
  };
  new MutationObserver(look).observe(document.body,
    { subtree: true, childList: true, attributes: true, attributeFilter: ['data-state', 'data-connection'] });
  look();
})(); undefined`;

export interface History {
  /** All that was shown since, each only when it was not as before. */
  read(): Promise<readonly (Shown & { readonly checks: readonly string[] })[]>;
}

/** Notes from now on everything that the page shows of the cluster, until it is loaded anew. */
export async function watchPage(page: Page): Promise<History> {
  await page.evaluate(watch);
  return { read: () => page.evaluate('globalThis.shown') };
}

const running = ['in-service', 'degraded', 'starting', 'stopping'];

/** Times at which a resource was shown as active on two servers at once (S1), in words. */
export function doublesIn(history: readonly Shown[], tag: string): readonly string[] {
  return history.flatMap(({ states }) => {
    const active = Object.entries(states).filter(
      ([place, state]) => place.startsWith(`${tag} on `) && running.includes(state),
    );
    return active.length > 1 ? [active.map(([place, state]) => `${place} ${state}`).join(', ')] : [];
  });
}

/** The states that a place went through. */
export function courseOf(history: readonly Shown[], place: string): readonly string[] {
  const states = history.flatMap((shown) => shown.states[place] ?? []);
  return states.filter((state, index) => state !== states[index - 1]);
}
