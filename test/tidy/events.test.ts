import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { knownEvents } from '@holdfast/contract';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const known: readonly string[] = knownEvents();

const shipped = ['engine', 'daemon'].flatMap((name) =>
  readdirSync(join(root, 'packages', name, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(?!testing)(?!.*\.test\.ts$).*\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    // Reports are made from events: what they know is told elsewhere.
    .filter((path) => !path.includes('/engine/src/report/'))
    .map((path) => ({ path, text: readFileSync(path, 'utf8') })),
);

/** Names that stand beside a severity: what is told as an event. A part in `${…}` may be anything. */
function toldIn(text: string): readonly RegExp[] {
  const beside = /\bcode:([^,;{}]*(?:\$\{\w+\}[^,;{}]*)?),\s*severity\b/g;
  return [...text.matchAll(beside)].flatMap((match) =>
    [
      ...(match[1] ?? '')
        .replaceAll(/[!=]==\s*'[^']*'/g, '')
        .matchAll(/['`]([a-z][a-z-]*(?:\$\{\w+\}[a-z-]*)?|\$\{\w+\}[a-z-]+)['`]/g),
    ].map(([, name = '']) => new RegExp(`^${name.replace(/\$\{\w+\}/, '[a-z]+')}$`)),
  );
}

test('R-08 every event that is told anywhere is in the catalogue', () => {
  const told = shipped.flatMap(({ path, text }) => toldIn(text).map((name) => ({ path, name })));
  expect(told.length).toBeGreaterThan(20);
  const unknown = told.filter(({ name }) => !known.some((code) => name.test(code)));
  expect(unknown.map(({ path, name }) => `${name.source} in ${path}`)).toEqual([]);
});

test('R-08 every event of the catalogue is told somewhere', () => {
  const text = shipped.map((one) => one.text).join('\n');
  const made = ['-started', '-failed'].map((end) => `\${kind}${end}`).filter((name) => text.includes(name));
  expect(made).toHaveLength(2);
  const untold = known.filter(
    (code) => !text.includes(`'${code}'`) && !/^(restore|recover)-(started|failed)$/.test(code),
  );
  expect(untold).toEqual([]);
});
