import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { referencePages } from './write-reference.ts';

const root = new URL('../../../', import.meta.url);

for (const [page, render] of Object.entries(referencePages))
  test(`U-02 ${page} is what the code says; write-reference.ts makes it anew`, async () => {
    expect(await readFile(new URL(page, root), 'utf8')).toBe(render());
  });
