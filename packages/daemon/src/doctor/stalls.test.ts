import { expect, test } from 'vitest';
import { waitFor } from '../etcd/testing.ts';
import { createStallWatch } from './stalls.ts';

/** Keeps this process from doing anything else. */
function standStill(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('C-12 the longest time for which the daemon stood still is known, and what was before its start is forgotten', async () => {
  const stalls = createStallWatch();
  const stillMs = 600;
  try {
    // The histogram measures from its second look on.
    await waitFor(
      async () => {
        standStill(stillMs);
        await new Promise((resolve) => setTimeout(resolve, 30));
        return stalls.read().loopStallMs >= stillMs - 50;
      },
      { timeoutMs: 10_000, what: 'the stall is measured', state: () => stalls.read() },
    );
    stalls.begin();
    expect(stalls.read().loopStallMs).toBe(0);
  } finally {
    stalls.close();
  }
});

test('C-12 of several times for which the guard stood still the longest counts', () => {
  const stalls = createStallWatch();
  try {
    expect(stalls.read().guardStallMs).toBe(0);
    for (const lateMs of [40, 90, 60]) stalls.noteGuard(lateMs);
    expect(stalls.read()).toMatchObject({ guardStallMs: 90, windowMin: 20 });
  } finally {
    stalls.close();
  }
});
