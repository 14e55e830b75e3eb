import { mountVolume, queryDatabase, unmountVolume, waitFor } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';
import type { LabServer } from '@holdfast/lab/lab-server';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ProgramError } from '@holdfast/lab/program';
import { readCommandLine } from '@holdfast/lab/processes';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { putKey } from './etcd-calls.ts';
import {
  createTestCluster,
  eventAfter,
  instantMs,
  kill,
  ownerOf,
  postgresOf,
  postmasterOf,
  recoveryMs,
  restoreOrder,
  signalAll,
  termOf,
  whileWriting,
} from './testing.ts';

let cluster: LabCluster;

beforeAll(async () => {
  cluster = await createTestCluster();
}, 120_000);
afterEach(() => restoreOrder(cluster), 120_000);
afterAll(() => cluster.dispose(), 60_000);

/** What the command said when it failed. */
async function refusalOf(
  command: Promise<unknown>,
): Promise<{ readonly code: number | undefined; readonly text: string }> {
  const error: unknown = await command.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ProgramError)) throw new Error(`the command did not fail: ${String(error)}`);
  return { code: error.result.code, text: `${error.result.stdout}${error.result.stderr}` };
}

test('K-16 a postmaster.pid of another life whose number a living process has: PostgreSQL starts all the same', async () => {
  const owner = await ownerOf(cluster);
  const { boxes, database, tags } = cluster;
  await owner.holdfast(['out-of-service', tags.postgresql]);
  await mountVolume(boxes, owner.box);
  const ids = database.account ? { uid: database.account.uid, gid: database.account.gid } : {};
  const foreign = owner.box.run('/usr/bin/sleep', ['600'], ids);
  const pid = await waitFor(() => foreign.pid(), { what: 'the foreign process', timeoutMs: 5_000 });
  const file = path.join(database.dataDirectory, 'postmaster.pid');
  const own = /^NSpid:.*\s(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? String(pid);
  const text = [
    own,
    database.dataDirectory,
    '1700000000',
    database.port,
    boxes.socketDirectory,
    '',
    ' 1 1',
    'ready',
    '',
  ];
  const written = await owner.box.exec('/usr/bin/tee', [file], {
    input: text.join('\n'),
    timeoutMs: 5_000,
    ...ids,
  });
  expect(written.code).toBe(0);
  await unmountVolume(boxes, owner.box);
  await owner.holdfast(['in-service', tags.postgresql, '--on', owner.name]);
  await whileWriting(cluster, async ({ flows }) => flows());
  expect(foreign.pid()).toBe(pid);
  foreign.signal('SIGKILL');
}, 120_000);

test('H-04 (needs root) a start that fails on the target goes back to where it ran, and says why', async (context) => {
  if (!cluster.boxes.network)
    return context.skip('servers share their ports without network namespaces, which need root');
  const target = cluster.server('server2');
  await whileWriting(cluster, async ({ flows }) => {
    const listen = `require('node:net').createServer().listen(${cluster.database.port})`;
    const stranger = target.box.run(process.execPath, ['-e', listen]);
    await waitFor(() => isListening(target, cluster.database.port), {
      what: 'the stranger',
      timeoutMs: 10_000,
    });
    const { code, text } = await refusalOf(
      cluster.server('server1').holdfast(['in-service', cluster.tags.postgresql, '--on', target.name]),
    );
    expect(code).toBe(1);
    expect(text).toMatch(/port/i);
    await cluster.waitForService({ on: 'server1', timeoutMs: recoveryMs });
    await flows();
    stranger.signal('SIGKILL');
    await cluster.server('server1').holdfast(['in-service', cluster.tags.postgresql, '--on', target.name]);
    await cluster.waitForService({ on: target.name, timeoutMs: recoveryMs });
    await flows();
  });
}, 180_000);

async function isListening(server: LabServer, port: number): Promise<boolean> {
  const { stdout } = await server.box.exec('/usr/bin/cat', ['/proc/net/tcp6'], { timeoutMs: 5_000 });
  const place = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return new RegExp(`${place} 0+:0000 0A`).test(stdout);
}

test('K-15 a crash recovery that takes longer than the 60 s of pg_ctl is waited for, and nothing moves', async () => {
  const owner = await ownerOf(cluster);
  await queryDatabase(
    cluster.boxes,
    owner.box,
    cluster.database,
    `create table if not exists ballast as select g as id, repeat(md5(g::text), 8) as text from generate_series(1, 150000) g`,
  );
  const term = await termOf(cluster);
  const since = instantMs();
  await whileWriting(cluster, async ({ client }) => {
    kill(...postgresOf(cluster, owner));
    await throttleRecovery(owner, 65_000);
    await client.waitForCommits(20, recoveryMs);
    const [longest] = (await client.outages(60_000)).toSorted((a, b) => b.lengthMs - a.lengthMs);
    expect(longest?.lengthMs).toBeGreaterThan(60_000);
  });
  expect((await ownerOf(cluster)).name).toBe(owner.name);
  expect(await termOf(cluster)).toBe(term);
  expect(instantMs() - since).toBeGreaterThan(60_000);
}, 240_000);

/** Lets the start-up process run for a moment now and then only, so that it moves all the time and gets nowhere fast. */
async function throttleRecovery(server: LabServer, forMs: number): Promise<void> {
  const end = instantMs() + forMs;
  const startup = await waitFor(
    () => postgresOf(cluster, server).find(({ pid }) => / startup\b/.test(readCommandLine(pid))),
    { what: 'the start-up process', timeoutMs: recoveryMs, everyMs: 1 },
  );
  while (instantMs() < end) {
    signalAll([startup], 'SIGSTOP');
    const until = Math.min(end, instantMs() + 600);
    await waitFor(() => instantMs() >= until, { what: 'the pause', timeoutMs: 5_000 });
    signalAll([startup], 'SIGCONT');
    await waitFor(() => instantMs() >= until + 1, { what: 'the moment', timeoutMs: 5_000, everyMs: 1 });
  }
}

test('K-07 a data directory on no protected volume is refused with its path, and nothing is left behind', async () => {
  const owner = cluster.server('server1');
  const before = JSON.stringify((await cluster.status()).hierarchies.map(({ id }) => id));
  const { database } = cluster;
  const command = ['create', 'postgresql', '--tag', 'other', '--port', String(database.port + 1)];
  const elsewhere = '/usr/share/misc';
  const where = ['--data-directory', elsewhere, '--executables', database.binDirectory];
  const own = ['--service', 'pgsql-other', '--account', 'nobody'];
  const { code, text } = await refusalOf(owner.holdfast([...command, ...where, ...own]));
  expect(code).toBe(3);
  expect(text).toContain('HF-HIER-003');
  expect(text).toMatch(new RegExp(`HF-PG-005 ${elsewhere} `));
  expect(JSON.stringify((await cluster.status()).hierarchies.map(({ id }) => id))).toBe(before);
}, 60_000);

test('U-01 what cannot be done is refused with a code, the values and a remedy', async () => {
  const server = cluster.server('server1');
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['in-service', 'nothing'], 3, /HF-HIER-001 .*nothing/],
    [['in-service', cluster.tags.postgresql, '--on', 'witness'], 3, /HF-HIER-\d+ .*witness/],
    [['extend', cluster.tags.postgresql, '--to', 'server9'], 3, /HF-HIER-005 .*server9/],
    [['extend', cluster.tags.postgresql, '--to', 'server2'], 3, /HF-HIER-011 .*server2/],
    [['create', 'nonsense'], 3, /HF-HIER-017 .*nonsense/],
  ];
  for (const [command, , pattern] of cases) {
    const { code, text } = await refusalOf(server.holdfast(command));
    expect(text, command.join(' ')).toMatch(pattern);
    expect(code, command.join(' ')).toBeGreaterThanOrEqual(2);
  }
}, 60_000);

test('C-01 a second daemon on the same run directory is refused', async () => {
  const { code, text } = await refusalOf(cluster.server('server1').holdfast(['run'], { timeoutMs: 20_000 }));
  expect(code).not.toBe(0);
  expect(text).toContain('HF-CFG-006');
}, 60_000);

test('S5 a record of a newer format: the daemons refuse to act and say so, what runs goes on, and they act again later', async () => {
  const owner = await ownerOf(cluster);
  const key = '/holdfast/v1/lab/state/config/settings';
  const postmaster = postmasterOf(cluster, owner);
  const since = instantMs();
  await whileWriting(cluster, async ({ client, flows }) => {
    await putKey(owner, key, JSON.stringify({ formatVersion: 2, anything: true }));
    await eventAfter(cluster, since, 'record-of-newer-format', { found: 2 });
    const { code, text } = await refusalOf(
      owner.holdfast(['in-service', cluster.tags.postgresql, '--on', 'server2']),
    );
    expect(code).not.toBe(0);
    expect(text).toMatch(/HF-/);
    await flows();
    await putKey(owner, key, JSON.stringify({ formatVersion: 1, profile: 'test' }));
    await eventAfter(cluster, since, 'store-read-again');
    expect(await client.outages(1_500)).toEqual([]);
  });
  expect(postmasterOf(cluster, owner).pid).toBe(postmaster.pid);
}, 120_000);
