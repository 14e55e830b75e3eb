import { expect, test } from 'vitest';
import { limitsOf, stopLimitMs } from './postgresql/limits.ts';
import { postgresqlTunables } from './postgresql/tunables.ts';
import { defaultTunables, parseDefaultsFile, resolveTunables, valuesOf } from './tunables.ts';

const nothing = { server: {}, cluster: {}, resource: {} };
const name = 'LKPGSQL_STOP_RETRIES';

function resolve(sources: Partial<Parameters<typeof resolveTunables>[1]>) {
  const found = resolveTunables(postgresqlTunables, { ...nothing, ...sources });
  const one = found.find(({ tunable }) => tunable.name === name);
  return one && { value: one.value, source: one.source, replaced: one.replaced };
}

test("K-18 the PostgreSQL kit has the guide's three limits with their defaults and minimums", () => {
  const short = postgresqlTunables.map((one) => [one.name, one.default, one.minimum]);
  expect(short).toEqual([
    ['LKPGSQL_START_RETRIES', 12, 12],
    ['LKPGSQL_STOP_RETRIES', 12, 12],
    ['LKPGSQL_RESTORE_CONNECT_RETRIES', 2, 2],
  ]);
  expect(defaultTunables(postgresqlTunables)).toEqual({
    LKPGSQL_START_RETRIES: 12,
    LKPGSQL_STOP_RETRIES: 12,
    LKPGSQL_RESTORE_CONNECT_RETRIES: 2,
  });
});

test('K-18 the resource counts more than the cluster, the cluster more than the defaults file', () => {
  const server = { [name]: '20' };
  expect(resolve({})).toEqual({ value: 12, source: 'default', replaced: undefined });
  expect(resolve({ server })).toEqual({ value: 20, source: 'server', replaced: undefined });
  expect(resolve({ server, cluster: { [name]: 30 } })).toMatchObject({ value: 30, source: 'cluster' });
  expect(resolve({ server, cluster: { [name]: 30 }, resource: { [name]: 40 } })).toMatchObject({
    value: 40,
    source: 'resource',
  });
});

test('K-18 a smaller or bad value is replaced by the minimum, and what it was is kept', () => {
  for (const given of ['11', '0', '-5', '13.5', 'many', '', '0x20', '1e3', '9999999999'])
    expect(resolve({ server: { [name]: given } })).toEqual({ value: 12, source: 'server', replaced: given });
  expect(resolve({ server: { [name]: '50' }, resource: { [name]: 3 } })).toEqual({
    value: 12,
    source: 'resource',
    replaced: '3',
  });
});

test('K-18 the defaults file has NAME=VALUE lines, with quotes, comments and other settings among them', () => {
  const text = [
    '# limits of this server',
    'LKPGSQL_START_RETRIES=24   # two minutes',
    'export LKPGSQL_STOP_RETRIES="36"',
    "  LKPGSQL_RESTORE_CONNECT_RETRIES='4'",
    'PATH=/usr/bin',
    '#LKPGSQL_START_RETRIES=99',
    'not a setting',
    'LKPGSQL_STOP_RETRIES=48',
  ].join('\r\n');
  expect(parseDefaultsFile(text)).toEqual({
    LKPGSQL_START_RETRIES: '24',
    LKPGSQL_STOP_RETRIES: '48',
    LKPGSQL_RESTORE_CONNECT_RETRIES: '4',
    PATH: '/usr/bin',
  });
});

test('K-18 a step is 5 s, and a stop may take as long as its ladder with these limits', () => {
  const found = resolveTunables(postgresqlTunables, { ...nothing, resource: { [name]: 100 } });
  expect(limitsOf(valuesOf(found)).fastStopMs).toBe(500_000);
  expect(stopLimitMs(valuesOf(found))).toBeGreaterThan(500_000 + limitsOf().checkpointMs);
});
