import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const page = readFileSync(resolve(root, 'docs/spec/safety.md'), 'utf8');

interface Claim {
  readonly rule: string;
  readonly file: string;
  /** Names in the code, or titles of tests. */
  readonly names: readonly string[];
}

/** Every list item of a rule that begins with a file: what the page says to be in there. */
function claims(section: 'Enforcement' | 'Tests'): readonly Claim[] {
  return page.split(/^## /m).flatMap((chapter) => {
    const rule = chapter.slice(0, chapter.indexOf(' '));
    const text =
      chapter.split(new RegExp(`^${section}$`, 'm'))[1]?.split(/^(?:Enforcement|Tests)$/m)[0] ?? '';
    return text.split(/^- /m).flatMap((item): readonly Claim[] => {
      const file = /^`([\w./-]+)`/.exec(item)?.[1];
      if (file === undefined) return [];
      const named = section === 'Tests' ? /"([^"]+)"/g : /`([#\w]+)`/g;
      const names = [...item.matchAll(named)].flatMap(([, name]) => (name === undefined ? [] : [name]));
      return [{ rule, file, names }];
    });
  });
}

const rules = ['S1', 'S2', 'S3', 'S4', 'S5', 'S6', 'S7', 'S8', 'S9', 'L1', 'L2', 'L3'];

test.each(['Enforcement', 'Tests'] as const)('every rule has its %s', (section) => {
  const having = new Set(claims(section).map(({ rule }) => rule));
  expect(rules.filter((rule) => !having.has(rule))).toEqual([]);
});

test.each(['Enforcement', 'Tests'] as const)(
  'what docs/spec/safety.md names under %s is there',
  (section) => {
    const missing = claims(section).flatMap(({ rule, file, names }) => {
      const path = resolve(root, file);
      if (!existsSync(path)) return [`${rule}: ${file}`];
      const text = readFileSync(path, 'utf8').replaceAll("\\'", "'");
      return names.filter((name) => !text.includes(name)).map((name) => `${rule}: ${file}: ${name}`);
    });
    expect(missing).toEqual([]);
  },
);

test('every entry under Tests names a test, every entry under Enforcement a place in the code', () => {
  const empty = [...claims('Tests'), ...claims('Enforcement')].filter(({ names }) => names.length === 0);
  expect(empty).toEqual([]);
});
