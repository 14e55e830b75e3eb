import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { renderCommandReference } from './write-reference.ts';

test('U-01 docs/reference/cli.md is what the commands say; write-reference.ts makes it anew', async () => {
  const page = new URL('../../../docs/reference/cli.md', import.meta.url);
  expect(await readFile(page, 'utf8')).toBe(await renderCommandReference());
});
