import { reasonTemplates, reportRecord } from '@holdfast/contract';
import { anOperation, inService, movingTo, outOfService } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { allAre, aLook, anEvent, aServerEvent, aStart, follow } from './testing.ts';
import type { Sign } from './signs.ts';

const onA = (seenAt: number): Sign => aLook(seenAt, { owner: 'a', status: allAre('in-service', 'a') });

test('R-08 a failover is told from the last heartbeat of the old owner to the first query', () => {
  const { reports } = follow([
    onA(1_000),
    onA(5_000),
    aServerEvent(6_000, 'path-dead', { peer: 'a' }),
    aLook(8_000, { gone: ['a'], heardAt: { a: 4_200 } }),
    { kind: 'decided', at: 8_001, reason: { code: 'take-over', facts: {} } },
    anEvent(8_010, 'owner-acquired', { facts: { term: 4 } }),
    ...aStart(8_020, 100),
  ]);
  expect(reports).toHaveLength(1);
  expect(reports[0]).toMatchObject({
    kind: 'failover',
    outcome: 'in-service',
    from: 'a',
    server: 'b',
    term: 4,
    instant: 4_200,
    totalMs: 4_020,
    phases: { detection: 3_800, arbitration: 10, volume: 110, address: 0, postgresql: 100, other: 0 },
    cause: { code: 'lease-ended', facts: { server: 'a' } },
    skipped: [{ server: 'a', reason: { code: 'server-not-there', facts: { server: 'a' } } }],
  });
  expect(reports[0]?.steps.map(({ code, afterMs }) => `${afterMs} ${code}`)).toEqual([
    '0 last-heartbeat',
    '1800 path-dead',
    '3800 owner-gone',
    '3801 take-over',
    '3810 owner-acquired',
    '3820 restore-started',
    '3820 restore-started',
    '3920 restored',
    '3920 restored',
    '3920 restore-started',
    '4020 restored',
    '4020 all-in-service',
  ]);
});

test('R-08 what a report says is what its record in the store holds', () => {
  const { reports } = follow([
    onA(1_000),
    aLook(8_000, { gone: ['a'] }),
    anEvent(8_010, 'owner-acquired', { facts: { term: 4 } }),
    ...aStart(8_020, 100),
  ]);
  const record = { formatVersion: 1, ...reports[0], lastWords: [] };
  expect(reportRecord.parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
});

test('R-08 without a path to the old owner the last look at its ownership counts', () => {
  const took = [anEvent(60_010, 'owner-acquired', { facts: { term: 4 } }), ...aStart(60_020, 100)];
  const told = (heardAt: Readonly<Record<string, number>>) =>
    follow([onA(58_000), aLook(60_000, { gone: ['a'], heardAt }), ...took]).reports[0];
  expect(told({})).toMatchObject({ instant: 57_999, steps: expect.arrayContaining([]) });
  expect(told({})?.steps[0]?.code).toBe('last-good-look');
  // The path had been dead for long while the owner went on under its lease.
  expect(told({ a: 10_000 })?.steps[0]?.code).toBe('last-good-look');
  expect(told({ a: 57_000 })).toMatchObject({ instant: 57_000 });
});

test('R-08 a local recovery is told from the last good check', () => {
  const own = (seenAt: number): Sign => aLook(seenAt, { owner: 'b' });
  const { reports } = follow([
    own(100),
    ...aStart(110, 10),
    { kind: 'good', at: 5_000, tag: 'db', depth: 'quick' },
    { kind: 'good', at: 5_100, tag: 'db', depth: 'deep' },
    anEvent(5_600, 'resource-failed', { tag: 'db', facts: { check: 'quick', cause: 'process-gone' } }),
    anEvent(5_601, 'remove-started', { tag: 'db', facts: { recovery: true } }),
    anEvent(5_700, 'removed', { tag: 'db' }),
    anEvent(5_701, 'restore-started', { tag: 'db' }),
    anEvent(5_800, 'progress', { tag: 'db', facts: { step: 'starting', redo: '0/1' } }),
    anEvent(5_900, 'progress', { tag: 'db', facts: { step: 'starting', redo: '0/2' } }),
    anEvent(6_000, 'progress', { tag: 'db', facts: { step: 'starting', redo: '0/3' } }),
    anEvent(6_001, 'restored', { tag: 'db' }),
  ]);
  expect(reports).toHaveLength(1);
  expect(reports[0]).toMatchObject({
    kind: 'local-recovery',
    from: 'b',
    server: 'b',
    totalMs: 1_001,
    phases: { detection: 600, postgresql: 401, volume: 0 },
    cause: { code: 'process-gone' },
  });
  // Of the progress the beginning and the newest are kept.
  const progress = reports[0]?.steps.filter(({ code }) => code === 'progress');
  expect(progress?.map(({ facts }) => facts['redo'])).toEqual(['0/1', '0/3']);
});

test('R-08 a switchover is told by the server that it led to', () => {
  const operations = { op: anOperation({ target: 'b', by: 'root' }) };
  const moving = { desired: movingTo('b', 'a'), operations };
  const { reports } = follow([
    onA(1_000),
    aLook(2_000, { owner: 'a', status: allAre('in-service', 'a'), ...moving }),
    aLook(2_010, { owner: 'a', status: allAre('in-service', 'a', { db: 'stopping' }), ...moving }),
    aLook(2_110, { owner: 'a', status: allAre('stopping', 'a', { db: 'standby' }), ...moving }),
    aLook(2_160, { owner: 'a', status: allAre('standby', 'a'), ...moving }),
    aLook(2_170, { owner: 'b', term: 4, ...moving }),
    ...aStart(2_180, 100),
  ]);
  expect(reports[0]).toMatchObject({
    kind: 'switchover',
    from: 'a',
    server: 'b',
    term: 4,
    totalMs: 381,
    phases: { detection: 11, arbitration: 10, volume: 160, postgresql: 200 },
    cause: { code: 'move-asked', facts: { server: 'b', by: 'root' } },
    skipped: [],
  });
});

test('H-05 the report of a switchback says that nobody asked for it', () => {
  const desired = { ...movingTo('b', 'a'), operation: 'switchback-db-7' };
  const operations = {
    'switchback-db-7': anOperation({ id: 'switchback-db-7', target: 'b', by: 'switchback' }),
  };
  const moving = { desired, operations };
  const { reports } = follow([
    onA(1_000),
    aLook(2_010, { owner: 'a', status: allAre('stopping', 'a'), ...moving }),
    aLook(2_170, { owner: 'b', term: 4, ...moving }),
    ...aStart(2_180, 100),
  ]);
  expect(reports[0]).toMatchObject({ kind: 'switchover', cause: { code: 'switchback-due' } });
});

test('R-08 a move that fails is told by the server that it came back to (H-04)', () => {
  const moving = { desired: movingTo('c', 'b'), operations: { op: anOperation({ target: 'c' }) } };
  const { reports } = follow([
    aLook(100, { owner: 'b' }),
    ...aStart(110, 10),
    aLook(1_000, { owner: 'b', ...moving }),
    anEvent(1_010, 'remove-started', { tag: 'db' }),
    anEvent(1_100, 'removed', { tag: 'db' }),
    aLook(1_200, { owner: 'c', term: 4, status: allAre('starting', 'c'), ...moving }),
    aLook(1_900, { owner: 'c', term: 4, status: allAre('failed', 'c'), ...moving }),
    aLook(2_000, { owner: 'b', term: 5, desired: inService }),
    ...aStart(2_010, 10),
  ]);
  expect(reports).toHaveLength(1);
  expect(reports[0]).toMatchObject({ kind: 'failed-move', from: 'b', server: 'b', term: 5, totalMs: 1_020 });
});

test('R-08 what cannot be run anywhere leaves a report that it rests, and one when it is back', () => {
  const failure = { tag: 'db', facts: { check: 'quick', cause: 'disk-full' } };
  const { reports } = follow([
    aLook(100, { owner: 'b' }),
    ...aStart(110, 10),
    anEvent(1_000, 'resource-failed', failure),
    anEvent(1_001, 'gave-up', { facts: { term: 3, scope: 'data', cause: 'disk-full' } }),
    anEvent(9_000, 'gave-up', { facts: { term: 3, scope: 'data', cause: 'disk-full' } }),
    anEvent(10_000, 'restore-started', { tag: 'db' }),
    anEvent(10_500, 'restored', { tag: 'db' }),
  ]);
  expect(reports.map(({ kind, outcome }) => [kind, outcome])).toEqual([
    ['rest', 'resting'],
    ['local-recovery', 'in-service'],
  ]);
  expect(reports[0]?.cause?.code).toBe('disk-full');
});

test('R-09 what has failed and may not move leaves a report that it rests, with the rule that keeps it', () => {
  const { reports } = follow([
    aLook(100, { owner: 'b' }),
    ...aStart(110, 10),
    anEvent(1_000, 'resource-failed', { tag: 'db', facts: { check: 'quick', cause: 'process-gone' } }),
    anEvent(1_001, 'gave-up', { facts: { term: 3, scope: 'server', cause: 'process-gone' } }),
    anEvent(1_002, 'failover-blocked-here', { facts: { server: 'b', cause: 'process-gone' } }),
  ]);
  expect(reports).toMatchObject([{ kind: 'rest', cause: { code: 'failover-blocked-here' } }]);
});

test('R-08 what another server brought back, or an operator stopped, is not reported here', () => {
  const recovered = [
    onA(1_000),
    aLook(2_000, { owner: 'a', status: allAre('in-service', 'a', { db: 'failed' }) }),
    onA(3_000),
  ];
  expect(follow(recovered).memory.incident).toBeUndefined();
  const stopped = [
    onA(1_000),
    aLook(2_000, { desired: outOfService }),
    aLook(3_000, { desired: outOfService }),
  ];
  expect(follow(stopped)).toMatchObject({ reports: [], memory: { incident: undefined } });
});

test('C-10 a daemon that starts anew and adopts what runs reports nothing', () => {
  expect(follow([aLook(100, { owner: 'b' }), ...aStart(110, 10)]).reports).toEqual([]);
});

test('R-08 a long report keeps its beginning and its end', () => {
  const noise = Array.from({ length: 500 }, (_, index) => anEvent(8_011 + index, 'check-bad', { tag: 'db' }));
  const { reports } = follow([
    onA(1_000),
    aLook(8_000, { gone: ['a'] }),
    anEvent(8_010, 'owner-acquired', { facts: { term: 4 } }),
    ...noise,
    ...aStart(9_000, 100),
  ]);
  expect(reports[0]?.steps.length).toBeLessThanOrEqual(200);
  expect(reports[0]?.omitted).toBeGreaterThan(300);
  expect(reports[0]?.steps.at(-1)?.code).toBe('all-in-service');
});

test('B-02 what is seen of another server has a sentence for each state', () => {
  const states = ['in-service', 'standby', 'starting', 'stopping', 'failed', 'degraded', 'unknown'];
  expect(states.filter((state) => reasonTemplates(`seen-${state}`).length === 0)).toEqual([]);
});
