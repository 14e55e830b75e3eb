import type { ChangeAnswer } from '@holdfast/contract';
import { createError } from '@holdfast/contract';
import { expect, test } from 'vitest';
import { createCreations, describeCreation } from './creations.ts';

const asked = { hierarchy: 'pgsql', server: 'a', by: 'anna', at: '2026-01-01T00:00:00.000Z' };
const answer: ChangeAnswer = { dryRun: false, findings: [], plan: [], hierarchy: null, operation: null };

test('H-07 creations have a limit, and of those that have ended the newest are kept', async () => {
  const creations = createCreations();
  const ends = Array.from({ length: 16 }, () => {
    const { promise, resolve } = Promise.withResolvers<ChangeAnswer>();
    creations.begin(asked, () => promise);
    return resolve;
  });
  expect(() => creations.begin(asked, () => Promise.resolve(answer))).toThrow(
    expect.objectContaining({ code: 'HF-HIER-044' }),
  );
  for (const end of ends) end(answer);
  await expect
    .poll(() => creations.list().filter(({ outcome }) => outcome.state === 'done').length)
    .toBe(ends.length);
  for (let count = 0; count < 8; count += 1) creations.begin(asked, () => Promise.resolve(answer));
  await expect.poll(() => creations.list().length).toBe(20);
});

test('K-09 a creation that has failed says why in the language that is asked for', async () => {
  const creations = createCreations();
  const { id } = creations.begin(asked, () => Promise.reject(createError('HF-HIER-002', { tag: 'pgsql' })));
  await expect.poll(() => creations.list()[0]?.outcome.state).toBe('failed');
  expect(creations.cancel(id)).toBe(false);
  const [failed] = creations.list();
  const told = failed && describeCreation(failed, 'ja');
  expect(told).toMatchObject({ state: 'failed', target: 'a', error: { code: 'HF-HIER-002' } });
  expect(told?.error?.message).toMatch(/[ぁ-ん]/);
});
