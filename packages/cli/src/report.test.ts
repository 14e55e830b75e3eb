import type { ReportAnswer } from '@holdfast/contract';
import { expect, test } from 'vitest';
import { run, startApi } from './testing.ts';

const id = '001767323045678-server2-000001';

function buildReport(): ReportAnswer {
  const step = { server: 'server2', tag: null, facts: {}, phase: 'detection' as const };
  return {
    id,
    at: '2026-01-02T03:04:05.678Z',
    hierarchy: 'pgsql-5432',
    kind: 'failover',
    outcome: 'in-service',
    from: 'server1',
    server: 'server2',
    term: 4,
    totalMs: 5_000,
    phases: { detection: 4_000, arbitration: 1, volume: 199, address: 0, postgresql: 800, other: 0 },
    cause: { code: 'lease-ended', facts: { server: 'server1' } },
    instant: 12.5,
    steps: [
      { ...step, afterMs: 0, server: 'server1', code: 'last-heartbeat', facts: { server: 'server1' } },
      {
        ...step,
        afterMs: 4_000,
        server: 'server1',
        code: 'owner-gone',
        facts: { server: 'server1', term: 3 },
      },
      { ...step, afterMs: 4_001, code: 'owner-acquired', facts: { term: 4 } },
      { ...step, afterMs: 4_200, tag: 'vol-data', code: 'restored' },
      { ...step, afterMs: 5_000, code: 'all-in-service' },
    ],
    omitted: 0,
    skipped: [{ server: 'server1', reason: { code: 'server-not-there', facts: { server: 'server1' } } }],
    lastWords: [
      {
        at: '2026-01-02T03:04:00.000Z',
        code: 'lease-lost',
        severity: 'alarm',
        server: 'server1',
        hierarchy: null,
        tag: null,
        facts: {},
      },
    ],
  };
}

function startReports() {
  const { steps: _1, skipped: _2, lastWords: _3, omitted: _4, instant: _5, ...summary } = buildReport();
  return startApi({
    'GET /reports': () => ({ json: { reports: [summary] } }),
    [`GET /reports/${id}`]: () => ({ json: buildReport() }),
  });
}

test('R-08 a report is drawn as its phases and its timeline', async () => {
  await using api = await startReports();
  const { exitCode, out } = await run(['report', 'pgsql-5432', '--run-dir', api.runDirectory]);
  expect(exitCode).toBe(0);
  expect(api.asked.map(({ path }) => path)).toEqual(['/reports', `/reports/${id}`]);
  expect(api.asked[0]?.query).toEqual({ limit: '1', hierarchy: 'pgsql-5432' });
  expect(out).toBe(`pgsql-5432: failover server1 → server2  5.000 s
  2026-01-02T03:04:05.678Z  ${id}
  server server1 holds no lease: it is off, frozen or cut off

detection        4.000  ################################
arbitration      0.001  #
volume           0.199  ##
address          0.000
PostgreSQL       0.800  ######

    +0.000  server1  last heartbeat of server1
    +4.000  server1  the ownership of server1 in term 3 is gone
    +4.001  server2  server2 has taken pgsql-5432 in term 4
    +4.200  server2  vol-data is in service
    +5.000  server2  everything is in service, and a query was answered

More preferred, and passed over
  server1: server server1 is not alive

Last warnings of the server before, by its own clock
  2026-01-02T03:04:00.000Z  alarm   server1  this server has lost its lease
`);
});

test('R-08 reports are listed one line each, and the answer is printed for programs as it is', async () => {
  await using api = await startReports();
  const { out } = await run(['report', '--run-dir', api.runDirectory]);
  expect(api.asked[0]?.query).toEqual({ limit: '20' });
  expect(out).toBe(
    'AT                        HIERARCHY   EVENT     SERVER             SECONDS  REPORT\n' +
      `2026-01-02T03:04:05.678Z  pgsql-5432  failover  server1 → server2  5.000    ${id}\n`,
  );
  const json = await run(['report', id, '-o', 'json', '--run-dir', api.runDirectory]);
  expect(JSON.parse(json.out)).toEqual(buildReport());
});

test('R-08 a hierarchy without a report is told so', async () => {
  await using api = await startApi({ 'GET /reports': () => ({ json: { reports: [] } }) });
  const { exitCode, err } = await run(['report', 'pgsql-5432', '--run-dir', api.runDirectory]);
  expect(exitCode).toBe(2);
  expect(err).toContain('HF-API-010 there is no report pgsql-5432');
  const all = await run(['report', '--run-dir', api.runDirectory], { language: 'ja' });
  expect(all.out).toBe('レポートはありません。\n');
});
