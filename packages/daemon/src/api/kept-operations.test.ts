import { createError, type ChangeAnswer } from '@holdfast/contract';
import { expect, test } from 'vitest';
import { createKeptOperations, describeKept } from './kept-operations.ts';

const asked = {
  kind: 'create',
  hierarchy: 'pgsql',
  server: 'a',
  by: 'anna',
  at: '2026-01-01T00:00:00.000Z',
} as const;
const answer: ChangeAnswer = { dryRun: false, findings: [], plan: [], hierarchy: null, operation: null };

test('H-07 kept operations have a limit, and of those that have ended the newest are kept', async () => {
  const operations = createKeptOperations();
  const ends = Array.from({ length: 16 }, (_, index) => {
    const { promise, resolve } = Promise.withResolvers<ChangeAnswer>();
    operations.begin({ ...asked, kind: index % 2 === 0 ? 'create' : 'extend' }, () => promise);
    return resolve;
  });
  expect(() => operations.begin(asked, () => Promise.resolve(answer))).toThrow(
    expect.objectContaining({ code: 'HF-HIER-044' }),
  );
  for (const end of ends) end(answer);
  await expect
    .poll(() => operations.list().filter(({ outcome }) => outcome.state === 'done').length)
    .toBe(ends.length);
  for (let count = 0; count < 8; count += 1) operations.begin(asked, () => Promise.resolve(answer));
  await expect.poll(() => operations.list().length).toBe(20);
});

test('K-09 a creation that has failed says why in the language that is asked for', async () => {
  const operations = createKeptOperations();
  const { id } = operations.begin(asked, () => Promise.reject(createError('HF-HIER-002', { tag: 'pgsql' })));
  await expect.poll(() => operations.list()[0]?.outcome.state).toBe('failed');
  expect(operations.cancel(id)).toBe(false);
  const [failed] = operations.list();
  const told = failed && describeKept(failed, 'ja');
  expect(told).toMatchObject({ state: 'failed', target: 'a', error: { code: 'HF-HIER-002' } });
  expect(told?.error?.message).toMatch(/[ぁ-ん]/);
});

test('H-07 an extension that goes on is not cancelled: it comes about, or is taken back by itself', () => {
  const operations = createKeptOperations();
  const extension = operations.begin({ ...asked, kind: 'extend' }, () => new Promise(() => undefined));
  expect(operations.cancel(extension.id)).toBe(false);
  expect(describeKept(extension, 'en')).toMatchObject({ kind: 'extend', state: 'running' });
});
