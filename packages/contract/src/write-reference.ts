import { mkdir, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { drawHierarchyTable } from '@holdfast/core';
import { renderApiReference } from './api-reference.ts';
import { renderErrorReference } from './error-reference.ts';
import { renderEventReference } from './event-reference.ts';
import { renderFindingReference } from './finding-reference.ts';
import { describeApi } from './openapi.ts';

const { version: packageVersion } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { readonly version: string };

/** The reference pages that are made from this package, by their address in the repository. */
export const referencePages: Readonly<Record<string, () => string>> = {
  'docs/reference/errors.md': () => renderErrorReference('en'),
  'docs/reference/errors.ja.md': () => renderErrorReference('ja'),
  'docs/reference/events.md': () => renderEventReference('en'),
  'docs/reference/events.ja.md': () => renderEventReference('ja'),
  'docs/reference/findings.md': () => renderFindingReference('en'),
  'docs/reference/findings.ja.md': () => renderFindingReference('ja'),
  'docs/reference/api.md': renderApiReference,
  'docs/reference/openapi.json': () => `${JSON.stringify(describeApi(packageVersion), undefined, 2)}\n`,
  'docs/reference/decision-table.md': drawHierarchyTable,
};

const root = new URL('../../../', import.meta.url);

/** Writes all pages anew. */
export async function writeReference(): Promise<void> {
  await mkdir(new URL('docs/reference/', root), { recursive: true });
  for (const [page, render] of Object.entries(referencePages)) await writeFile(new URL(page, root), render());
}

if (import.meta.main) await writeReference();
