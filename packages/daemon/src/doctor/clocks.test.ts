import { expect, test } from 'vitest';
import { examineClocks, judgeClock, measureClock, type ClockPorts } from './clocks.ts';

const noon = Date.parse('2026-01-01T12:00:00.000Z');

/** Other servers whose clocks are ahead by so much, each question taking `travelMs` both ways. */
function createPorts(aheadMs: Readonly<Record<string, number>>, travelMs: readonly number[]): ClockPorts {
  let now = 1_000;
  let asked = 0;
  return {
    server: 'server1',
    now: () => now,
    wallTime: () => new Date(noon + now).toISOString(),
    ask: (server) => {
      const ahead = aheadMs[server];
      if (ahead === undefined) return Promise.reject(new Error('no path'));
      const travel = travelMs[asked % travelMs.length] ?? 0;
      asked += 1;
      now += travel;
      const wallTime = new Date(noon + now + ahead).toISOString();
      now += travel;
      return Promise.resolve({ wallTime });
    },
  };
}

test('S9 the round trip is taken out, and the quickest answer counts', async () => {
  const offset = await measureClock(createPorts({ server2: 3_000 }, [400, 25, 900]), 'server2');
  expect(offset).toEqual({ offsetMs: 3_000, uncertainMs: 25 });
});

test('S9 a clock is off from 2 s on, and only when it certainly is', () => {
  const judged = (offsetMs: number, uncertainMs: number): string =>
    judgeClock({ offsetMs, uncertainMs }, 'server1').reason.code;
  expect(judged(1_999, 0)).toBe('clock-ok');
  expect(judged(2_000, 0)).toBe('clock-off');
  expect(judged(-2_100, 50)).toBe('clock-off');
  expect(judged(2_100, 200)).toBe('clock-ok');
  expect(judged(0, 1_500)).toBe('clock-unknown');
});

test('K-10 the clocks of two servers are compared by way of a third', async () => {
  const ports = createPorts({ server2: 5_000, server3: 2_500 }, [10]);
  const finding = await examineClocks(ports, { server: 'server2', reference: 'server3' });
  expect(finding).toMatchObject({
    outcome: 'warned',
    reason: { code: 'clock-off', facts: { reference: 'server3', offsetMs: 2_500, uncertainMs: 20 } },
  });
  const own = await examineClocks(ports, { server: 'server1', reference: 'server3' });
  expect(own.reason).toMatchObject({ code: 'clock-off', facts: { offsetMs: -2_500 } });
});

test('S9 a server that does not answer has an unknown clock', async () => {
  const finding = await examineClocks(createPorts({}, [1]), { server: 'server2', reference: 'server1' });
  expect(finding).toMatchObject({ outcome: 'warned', reason: { code: 'clock-unknown' } });
});
