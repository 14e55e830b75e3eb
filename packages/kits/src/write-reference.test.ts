import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { renderSettingsReference } from './write-reference.ts';

test('K-18 docs/reference/settings.md is what the code says; write-reference.ts makes it anew', async () => {
  const page = new URL('../../../docs/reference/settings.md', import.meta.url);
  expect(await readFile(page, 'utf8')).toBe(renderSettingsReference());
});
