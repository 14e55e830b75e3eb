import { expect, test } from 'vitest';
import {
  buildChange,
  buildHierarchy,
  buildKits,
  buildSettings,
  buildSettingsChange,
  run,
  startApi,
} from './testing.ts';

test('K-18 "holdfast settings" shows value, source and effect of each, and what was replaced', async () => {
  await using api = await startApi({ 'GET /settings': () => ({ json: buildSettings() }) });
  const { out, exitCode } = await run(['settings', '--run-dir', api.runDirectory]);
  expect(exitCode).toBe(0);
  expect(out).toMatch(/LKPGSQL_STOP_RETRIES +12 steps of 5 s +defaults file +with the next stop/);
  expect(out).toContain('LKPGSQL_STOP_RETRIES is 3 (server): at least 12 is needed, so 12 is used');
  expect(out).toContain('server1: /etc/default/holdfast');
});

test('K-18 "holdfast settings TAG" asks for that tag; in Japanese too', async () => {
  await using api = await startApi({ 'GET /settings': () => ({ json: buildSettings() }) });
  const argv = ['settings', 'pgsql-5432', '--run-dir', api.runDirectory];
  const { out } = await run(argv, { language: 'ja' });
  expect(api.asked[0]?.query).toEqual({ tag: 'pgsql-5432' });
  expect(out).toContain('デフォルト設定ファイル');
});

test('K-18 "holdfast set --tunable" sets a limit of the cluster, and takes it back', async () => {
  await using api = await startApi({ 'PATCH /settings': () => ({ json: buildSettingsChange() }) });
  const names = ['--tunable', 'LKPGSQL_STOP_RETRIES=24', '--tunable', 'LKPGSQL_START_RETRIES='];
  const { exitCode } = await run(['set', ...names, '--run-dir', api.runDirectory]);
  expect(exitCode).toBe(0);
  expect(api.asked[0]?.body).toEqual({
    tunables: { LKPGSQL_STOP_RETRIES: 24, LKPGSQL_START_RETRIES: null },
    dryRun: false,
  });
});

test('R-01 "holdfast set TAG" sets each interval, deadline and count, and limits of the resource', async () => {
  await using api = await startApi({
    'GET /kits': () => ({ json: buildKits() }),
    'GET /hierarchies/pgsql-5432': () => ({ json: buildHierarchy() }),
    'PATCH /hierarchies/pgsql-5432': () => ({ json: buildChange() }),
  });
  const argv = [
    ...['set', 'pgsql-5432', '--run-dir', api.runDirectory, '--quick-check', '500ms', '--deep-check', '10s'],
    ...['--quick-deadline', '800ms', '--deep-deadline', '3s', '--bad-quick-checks', '2'],
    ...['--bad-deep-checks', '4', '--tunable', 'LKPGSQL_STOP_RETRIES=24'],
  ];
  const { exitCode, err } = await run(argv);
  expect(err).toBe('');
  expect(exitCode).toBe(0);
  expect(api.asked.at(-1)?.body).toMatchObject({
    resources: {
      'pgsql-5432': {
        checks: {
          quickEveryMs: 500,
          deepEveryMs: 10_000,
          quickDeadlineMs: 800,
          deepDeadlineMs: 3_000,
          badQuick: 2,
          badDeep: 4,
        },
        tunables: { LKPGSQL_STOP_RETRIES: 24 },
      },
    },
  });
});

test('K-18 what is no number is refused before anything is asked', async () => {
  await using api = await startApi({});
  for (const tunable of ['LKPGSQL_STOP_RETRIES', 'LKPGSQL_STOP_RETRIES=many', '=5']) {
    const { exitCode, err } = await run(['set', '--tunable', tunable, '--run-dir', api.runDirectory]);
    expect(exitCode).toBe(2);
    expect(err).toContain('HF-CLI-004');
  }
  expect(api.asked).toEqual([]);
});
