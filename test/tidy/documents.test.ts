import { errorCatalogue } from '@holdfast/contract';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const pages = [
  ...[
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    'docs/troubleshooting.md',
    'docs/security.md',
    'docs/spec/safety.md',
  ],
  ...readdirSync(path.join(root, 'docs/guide')).map((name) => `docs/guide/${name}`),
];

function read(page: string): string {
  return readFileSync(path.join(root, page), 'utf8');
}

test.each(pages)('what %s links to is there', (page) => {
  const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(
    ([, link = '']) => link,
  );
  const missing = links.filter((link) => !existsSync(path.resolve(root, path.dirname(page), link)));
  expect(missing).toEqual([]);
});

test('K-26 every code in the trouble-shooting page is in the catalogue', () => {
  const codes = read('docs/troubleshooting.md').match(/HF-[A-Z]+-\d{3}/g) ?? [];
  expect(codes.length).toBeGreaterThan(30);
  expect(codes.filter((code) => !Object.hasOwn(errorCatalogue, code))).toEqual([]);
});
