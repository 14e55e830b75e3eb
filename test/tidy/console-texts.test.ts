import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { factNames } from '@holdfast/contract';
import { expect, test } from 'vitest';
import { texts } from '../../packages/console/src/i18n/texts.ts';

const root = path.resolve(import.meta.dirname, '../../packages/console/src');
const sources = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith('-texts.ts'))
  .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'utf8'))
  .join('\n');

/** Beginnings of keys that are put together, such as `role.${role}`: their ends are the names of states. */
const composed = [...sources.matchAll(/`([a-z]\w*(?:\.\w+)*\.)\$\{/gi)].map(
  ([, beginning]) => beginning ?? '',
);

test('U-03 every text of the console is used', () => {
  const unused = Object.keys(texts).filter(
    (key) => !sources.includes(`'${key}'`) && !composed.some((beginning) => key.startsWith(beginning)),
  );
  expect(unused).toEqual([]);
});

test('U-03 every text of the console is there in both languages, with the same facts', () => {
  const wrong = Object.entries(texts).filter(
    ([, { en, ja }]) =>
      en.trim() === '' ||
      ja.trim() === '' ||
      String([...factNames(en)].sort()) !== String([...factNames(ja)].sort()),
  );
  expect(wrong).toEqual([]);
});

test('U-03 no page says anything that is not among the texts', () => {
  const own = [...sources.matchAll(/>\s*([A-Z][a-z]+(?: [a-z]+)+)[^<{]*</g)].map(([, words]) => words);
  expect(own).toEqual([]);
});
