import fc from 'fast-check';
import { expect, test } from 'vitest';
import { beatAfterAnswer, beatAfterMiss, firstBeat } from './heartbeat.ts';

const heartbeats = fc.array(fc.boolean(), { maxLength: 60 });
const allowed = fc.integer({ min: 2, max: 10 });

test('C-02 a path is dead exactly from its last allowed miss to its next answer', () => {
  fc.assert(
    fc.property(heartbeats, allowed, (answers, allowedMisses) => {
      let beat = firstBeat;
      let missesInARow = 0;
      let deaths = 0;
      for (const answered of answers) {
        const before = beat.state;
        beat = answered ? beatAfterAnswer(beat, 1) : beatAfterMiss(beat, allowedMisses);
        missesInARow = answered ? 0 : missesInARow + 1;
        if (before === 'alive' && beat.state === 'dead') deaths += 1;
        const expected = answered ? 'alive' : missesInARow >= allowedMisses ? 'dead' : before;
        expect(beat).toMatchObject({
          state: expected,
          flaps: deaths,
          misses: Math.min(missesInARow, allowedMisses),
        });
      }
    }),
  );
});
