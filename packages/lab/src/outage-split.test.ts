import { expect, test } from 'vitest';
import { splitOutage, type TimedEvent } from './outage-split.ts';

const tags = { postgresql: 'pg', volume: 'vol', address: 'ip' };

function events(...told: readonly (readonly [number, string, string?])[]): readonly TimedEvent[] {
  return told.map(([instant, code, tag]) => ({ instant, code, tag: tag ?? null }));
}

test('P-01 a failover is detection, arbitration, volume and PostgreSQL, one after the other', () => {
  const told = events(
    [2_000, 'server-lost'],
    [2_020, 'owner-acquired'],
    [2_030, 'restore-started', 'vol'],
    [2_031, 'restore-started', 'ip'],
    [2_080, 'restored', 'ip'],
    [2_130, 'restored', 'vol'],
    [2_140, 'restore-started', 'pg'],
    [2_500, 'restored', 'pg'],
  );
  expect(splitOutage({ fromMs: 0, untilMs: 2_520 }, told, tags)).toEqual({
    detectionMs: 2_000,
    arbitrationMs: 20,
    volumeMs: 110,
    postgresqlMs: 390,
  });
});

test('P-02 a switchover stops and starts PostgreSQL and the volume', () => {
  const told = events(
    [10, 'remove-started', 'pg'],
    [110, 'removed', 'pg'],
    [111, 'remove-started', 'vol'],
    [112, 'remove-started', 'ip'],
    [120, 'removed', 'ip'],
    [150, 'removed', 'vol'],
    [160, 'restore-started', 'vol'],
    [161, 'handed-over'],
    [162, 'restore-started', 'ip'],
    [190, 'restored', 'vol'],
    [200, 'restored', 'ip'],
    [201, 'restore-started', 'pg'],
    [300, 'restored', 'pg'],
  );
  expect(splitOutage({ fromMs: 0, untilMs: 310 }, told, tags)).toEqual({
    detectionMs: 10,
    arbitrationMs: 10,
    volumeMs: 39 + 40,
    postgresqlMs: 101 + 110,
  });
});

test('P-03 a local recovery is detection and PostgreSQL', () => {
  const told = events([30, 'resource-failed', 'pg'], [35, 'restore-started', 'pg'], [400, 'restored', 'pg']);
  expect(splitOutage({ fromMs: 0, untilMs: 405 }, told, tags)).toEqual({
    detectionMs: 30,
    arbitrationMs: 0,
    volumeMs: 0,
    postgresqlMs: 375,
  });
});

test('the parts make up the whole, also without any event', () => {
  expect(
    splitOutage({ fromMs: 5, untilMs: 25 }, events([1, 'server-lost'], [99, 'restored', 'vol']), tags),
  ).toEqual({ detectionMs: 20, arbitrationMs: 0, volumeMs: 0, postgresqlMs: 0 });
});
