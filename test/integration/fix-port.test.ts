import { waitFor } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';
import { findFreePort } from '@holdfast/lab/ports';
import { ProgramError } from '@holdfast/lab/program';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestCluster, recoveryMs } from './testing.ts';

let cluster: LabCluster;
let place: { readonly directory: string; readonly data: string; readonly port: number };

beforeAll(async () => {
  cluster = await createTestCluster();
  const directory = path.join(cluster.boxes.directory, 'second');
  place = { directory, data: path.join(directory, 'data'), port: await findFreePort() };
  await startSecondDatabase();
}, 120_000);
afterAll(() => cluster.dispose(), 60_000);

async function run(executable: string, args: readonly string[], input?: string): Promise<string> {
  const { account } = cluster.database;
  const ids = account ? { uid: account.uid, gid: account.gid } : {};
  const more = input === undefined ? {} : { input };
  const result = await cluster
    .server('server1')
    .box.exec(executable, args, { timeoutMs: 60_000, ...ids, ...more });
  if (result.code !== 0) throw new Error(`${executable} ${args.join(' ')}: ${result.stdout}${result.stderr}`);
  return result.stdout;
}

/** A database cluster that an administrator has, started without `-p`: its port stands in its configuration. */
async function startSecondDatabase(): Promise<void> {
  const { account, binDirectory } = cluster.database;
  const owner = account ? [`--owner=${account.name}`, `--group=${String(account.gid)}`] : [];
  const made = await cluster
    .server('server1')
    .box.exec('/usr/bin/install', ['--directory', '--mode=755', ...owner, place.directory], {
      timeoutMs: 10_000,
    });
  expect(made.code, made.stderr).toBe(0);
  const initdb = ['-D', place.data, '-U', 'postgres', '-A', 'trust', '--locale=C', '--no-sync'];
  await run(path.join(binDirectory, 'initdb'), [...initdb, '--no-instructions']);
  const settings = [
    `port = ${place.port}`,
    "listen_addresses = '127.0.0.1'",
    `unix_socket_directories = '${cluster.boxes.socketDirectory}'`,
    'dynamic_shared_memory_type = mmap',
  ];
  await run('/usr/bin/tee', ['-a', path.join(place.data, 'postgresql.conf')], `${settings.join('\n')}\n`);
  const log = path.join(place.directory, 'postgresql.log');
  await run(path.join(binDirectory, 'pg_ctl'), ['start', '-w', '-s', '-D', place.data, '-l', log]);
}

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

const read = (name: string): Promise<string> => run('/usr/bin/cat', [path.join(place.data, name)]);

async function postmasterPid(): Promise<string> {
  return (await read('postmaster.pid')).split('\n')[0] ?? '';
}

async function hierarchies(): Promise<readonly string[]> {
  return (await cluster.status()).hierarchies.map(({ id }) => id);
}

test('K-06 without --fix the missing port argument is refused, and --fix is named; a dry run only says what it costs', async () => {
  const pid = await postmasterPid();
  const refused = await refusalOf(create());
  expect(refused).toContain('HF-PG-002');
  expect(refused).toContain('--fix');
  const rehearsed = await create('--fix', '--dry-run');
  expect(rehearsed).toMatch(/disconnects clients/);
  expect(await postmasterPid()).toBe(pid);
  expect(await hierarchies()).not.toContain('second');
}, 60_000);

test('K-06 K-09 a creation that fails after the restart leaves the database cluster as it was', async () => {
  const before = { options: await read('postmaster.opts'), rules: await read('pg_hba.conf') };
  // The running server has not read this yet; the one that is restarted lets nobody in.
  await run('/usr/bin/tee', [path.join(place.data, 'pg_hba.conf')], 'local all all reject\n');
  const refused = await refusalOf(create('--fix'));
  expect(refused).toContain('HF-PG-007');
  expect(await hierarchies()).not.toContain('second');
  expect(await read('postmaster.opts')).toBe(before.options);
  await run('/usr/bin/tee', [path.join(place.data, 'pg_hba.conf')], before.rules);
  await run(path.join(cluster.database.binDirectory, 'pg_ctl'), ['reload', '-s', '-D', place.data]);
  expect(await refusalOf(create())).toContain('HF-PG-002');
}, 120_000);

test('K-06 with --fix the service gets the port, the database cluster is restarted, and the creation goes on', async () => {
  const pid = await postmasterPid();
  expect(await create('--fix')).toMatch(/clients were disconnected/);
  await waitFor(
    async () => (await cluster.status()).hierarchies.find(({ id }) => id === 'second')?.summary !== 'failed',
    { what: 'the second hierarchy', timeoutMs: recoveryMs },
  );
  expect(await postmasterPid()).not.toBe(pid);
  expect(await read('postmaster.opts')).toContain(`"-p" "${place.port}"`);
  await cluster.server('server1').holdfast(['out-of-service', 'second']);
  await cluster.server('server1').holdfast(['in-service', 'second']);
  expect(await read('postmaster.opts')).toContain(`"-p" "${place.port}"`);
}, 120_000);
