import { doctorAnswer, type DoctorAnswer } from '@holdfast/contract';
import { createPostgresqlKit } from '@holdfast/kits/postgresql/index';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createTestApi, type TestApi } from '../api/testing.ts';
import { createLinuxHost } from '../host/linux/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-doctor-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const host = createLinuxHost({
  serviceManager: 'direct',
  addressKind: 'loopback',
  processScope: 'own',
  runDirectory: directory,
  stateDirectory: directory,
});

/** Server `a`, with a server `b` whose answers are given by route; a route without one is not answered. */
function createServers(answers: Readonly<Record<string, () => unknown>>): TestApi {
  const postgresql = createPostgresqlKit();
  return createTestApi({
    host,
    postgresql,
    change: ({ ask }) => ({
      ask: (server, route, body, timeoutMs) => {
        const answer = answers[route];
        return answer ? Promise.resolve(answer()) : ask(server, route, body, timeoutMs);
      },
    }),
  });
}

async function examine(api: TestApi, query = '', language = 'en'): Promise<DoctorAnswer> {
  const { status, json } = await api.call('GET', `/doctor${query}`, undefined, language);
  expect(status, JSON.stringify(json)).toBe(200);
  return doctorAnswer.parse(json);
}

function clockIn(ms: number): () => unknown {
  return () => ({ wallTime: new Date(Date.now() + ms).toISOString() });
}

test('K-22 before any hierarchy the servers themselves are checked', async () => {
  const api = createServers({ 'api/clock': clockIn(0), 'api/doctor': () => [] });
  const before = api.store.entries();
  const { servers } = await examine(api);
  expect(servers.map(({ server, answered }) => [server, answered])).toEqual([
    ['a', true],
    ['b', true],
  ]);
  const checks = servers[0]?.findings.map(({ check }) => check);
  expect(checks).toEqual([
    'etcd-latency',
    'stalls',
    'profile',
    'etcd-version',
    'memory',
    'space',
    'watchdog',
    'communication-paths',
    'failsafe',
    'certificates',
    'daemon-version',
  ]);
  expect(api.store.entries()).toEqual(before);
});

test('K-22 a server that does not answer is shown as such, never as fine', async () => {
  const { servers } = await examine(createServers({}), '?server=b');
  expect(servers).toMatchObject([
    {
      server: 'b',
      answered: false,
      findings: [{ check: 'answers', outcome: 'failed', server: 'b', reason: { code: 'server-unanswered' } }],
    },
  ]);
});

test('S9 a clock that is off is found, with what to do in the language of whoever asks', async () => {
  const api = createServers({ 'api/clock': clockIn(60_000), 'api/doctor': () => [] });
  const [english] = (await examine(api, '?server=b')).servers;
  expect(english?.findings).toMatchObject([
    { check: 'clock', outcome: 'warned', reason: { code: 'clock-off' } },
  ]);
  const [clock] = english?.findings ?? [];
  expect(Math.abs(Number(clock?.reason.facts['offsetMs']) - 60_000)).toBeLessThan(1_000);
  expect(clock?.message).toMatch(/from that of a \(give or take/);
  expect(clock?.remedy).toContain('timedatectl set-ntp true');
  const [japanese] = (await examine(api, '?server=b', 'ja')).servers;
  expect(japanese?.findings[0]?.remedy).toMatch(/時刻同期.*timedatectl set-ntp true/);
});

test('K-22 while etcd does not answer, what it would have told is unknown, and the rest is checked', async () => {
  const postgresql = createPostgresqlKit();
  const silent = createTestApi({
    host,
    postgresql,
    change: ({ store, engine, instruments }) => ({
      store: { ...store, read: () => Promise.reject(new Error('no answer')) },
      engine: { ...engine, refresh: () => Promise.reject(new Error('no answer')) },
      instruments: { ...instruments, etcdVersions: () => Promise.reject(new Error('no answer')) },
    }),
  });
  const [server] = (await examine(silent, '?server=a')).servers;
  const found = server?.findings.map(({ check, outcome, reason }) => `${check} ${outcome} ${reason.code}`);
  expect(found).toEqual(
    expect.arrayContaining([
      'etcd-latency warned etcd-not-measured',
      'profile warned profile-unknown',
      'etcd-version warned check-unknown',
      'memory passed memory-ok',
    ]),
  );
});

test('K-22 a server that does not exist is refused by name', async () => {
  const { status, json } = await createServers({}).call('GET', '/doctor?server=a,nobody');
  expect(status).toBe(404);
  expect(json).toMatchObject({ code: 'HF-HIER-005', facts: { server: 'nobody' } });
});
