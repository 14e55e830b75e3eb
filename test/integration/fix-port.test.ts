import { waitFor } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';
import { ProgramError } from '@holdfast/lab/program';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSecondDatabase, type SecondDatabase } from './second-database.ts';
import { createTestCluster, recoveryMs } from './testing.ts';

let cluster: LabCluster;
let place: SecondDatabase;

beforeAll(async () => {
  cluster = await createTestCluster();
  place = await createSecondDatabase(cluster);
}, 120_000);
afterAll(() => cluster.dispose(), 60_000);

function create(...more: readonly string[]): Promise<string> {
  const { binDirectory } = cluster.database;
  return cluster
    .server('server1')
    .holdfast([
      ...['create', 'postgresql', '--tag', 'second', '--port', String(place.port)],
      ...['--data-directory', place.data, '--executables', binDirectory],
      ...['--volume', `tag=second-volume,type=directory,path=${place.directory}`, ...more],
    ]);
}

async function refusalOf(creation: Promise<string>): Promise<string> {
  const error: unknown = await creation.catch((reason: unknown) => reason);
  if (!(error instanceof ProgramError)) throw new Error(`it was not refused: ${String(error)}`);
  return `${error.result.stdout}${error.result.stderr}`;
}

async function hierarchies(): Promise<readonly string[]> {
  return (await cluster.status()).hierarchies.map(({ id }) => id);
}

test('K-06 without --fix the missing port argument is refused, and --fix is named; a dry run only says what it costs', async () => {
  const pid = await place.postmasterPid();
  const refused = await refusalOf(create());
  expect(refused).toContain('HF-PG-002');
  expect(refused).toContain('--fix');
  const rehearsed = await create('--fix', '--dry-run');
  expect(rehearsed).toMatch(/disconnects clients/);
  expect(await place.postmasterPid()).toBe(pid);
  expect(await hierarchies()).not.toContain('second');
}, 60_000);

test('K-06 K-09 a creation that fails after the restart leaves the database cluster as it was', async () => {
  const before = { options: await place.read('postmaster.opts'), rules: await place.read('pg_hba.conf') };
  // The running server has not read this yet; the one that is restarted lets nobody in.
  await place.run('/usr/bin/tee', [path.join(place.data, 'pg_hba.conf')], 'local all all reject\n');
  const refused = await refusalOf(create('--fix'));
  expect(refused).toContain('HF-PG-007');
  expect(await hierarchies()).not.toContain('second');
  expect(await place.read('postmaster.opts')).toBe(before.options);
  await place.run('/usr/bin/tee', [path.join(place.data, 'pg_hba.conf')], before.rules);
  await place.run(path.join(cluster.database.binDirectory, 'pg_ctl'), ['reload', '-s', '-D', place.data]);
  expect(await refusalOf(create())).toContain('HF-PG-002');
}, 120_000);

test('K-06 with --fix the service gets the port, the database cluster is restarted, and the creation goes on', async () => {
  const pid = await place.postmasterPid();
  expect(await create('--fix')).toMatch(/clients were disconnected/);
  await waitFor(
    async () => (await cluster.status()).hierarchies.find(({ id }) => id === 'second')?.summary !== 'failed',
    { what: 'the second hierarchy', timeoutMs: recoveryMs },
  );
  expect(await place.postmasterPid()).not.toBe(pid);
  expect(await place.read('postmaster.opts')).toContain(`"-p" "${place.port}"`);
  await cluster.server('server1').holdfast(['out-of-service', 'second']);
  await cluster.server('server1').holdfast(['in-service', 'second']);
  expect(await place.read('postmaster.opts')).toContain(`"-p" "${place.port}"`);
}, 120_000);
