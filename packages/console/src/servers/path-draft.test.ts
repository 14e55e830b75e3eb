import { expect, test } from 'vitest';
import { createPathDraft, describePath, listWrongFields, standardPath } from './path-draft.ts';

test('C-02 what is typed goes to the API in its units, and comes back the same', () => {
  const draft = { priority: ' 2 ', intervalS: '0.25', misses: '4' };
  const properties = { priority: 2, intervalMs: 250, misses: 4 };
  expect(describePath(draft)).toEqual(properties);
  expect(describePath(createPathDraft(properties))).toEqual(properties);
  expect(listWrongFields(standardPath)).toEqual([]);
});

test('C-02 what the API would refuse is wrong in the form already', () => {
  expect(listWrongFields({ priority: '', intervalS: '0.01', misses: 'many' })).toEqual([
    'priority',
    'intervalMs',
    'misses',
  ]);
});
