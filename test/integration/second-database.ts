import type { LabCluster } from '@holdfast/lab/cluster';
import { findFreePort } from '@holdfast/lab/ports';
import path from 'node:path';
import { expect } from 'vitest';

/** A database cluster of an administrator on `server1`, that Holdfast knows nothing of. */
export interface SecondDatabase {
  /** Its volume. */
  readonly directory: string;
  readonly data: string;
  readonly port: number;
  /** Runs a program as its owner. */
  run(executable: string, args: readonly string[], input?: string): Promise<string>;
  /** A file of its data directory. */
  read(name: string): Promise<string>;
  postmasterPid(): Promise<string>;
}

/** Makes one that was started without `-p`: its port stands in its configuration (K-06). */
export async function createSecondDatabase(cluster: LabCluster): Promise<SecondDatabase> {
  const { account, binDirectory } = cluster.database;
  const { box } = cluster.server('server1');
  const directory = path.join(cluster.boxes.directory, 'second');
  const data = path.join(directory, 'data');
  const port = await findFreePort();
  const run: SecondDatabase['run'] = async (executable, args, input) => {
    const ids = account ? { uid: account.uid, gid: account.gid } : {};
    const more = input === undefined ? {} : { input };
    const result = await box.exec(executable, args, { timeoutMs: 60_000, ...ids, ...more });
    if (result.code !== 0)
      throw new Error(`${executable} ${args.join(' ')}: ${result.stdout}${result.stderr}`);
    return result.stdout;
  };
  const owner = account ? [`--owner=${account.name}`, `--group=${String(account.gid)}`] : [];
  const install = ['--directory', '--mode=755', ...owner, directory];
  const made = await box.exec('/usr/bin/install', install, { timeoutMs: 10_000 });
  expect(made.code, made.stderr).toBe(0);
  const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '--locale=C', '--no-sync'];
  await run(path.join(binDirectory, 'initdb'), [...initdb, '--no-instructions']);
  const settings = [
    `port = ${port}`,
    "listen_addresses = '127.0.0.1'",
    `unix_socket_directories = '${cluster.boxes.socketDirectory}'`,
    'dynamic_shared_memory_type = mmap',
  ];
  await run('/usr/bin/tee', ['-a', path.join(data, 'postgresql.conf')], `${settings.join('\n')}\n`);
  const log = path.join(directory, 'postgresql.log');
  await run(path.join(binDirectory, 'pg_ctl'), ['start', '-w', '-s', '-D', data, '-l', log]);
  const read = (name: string): Promise<string> => run('/usr/bin/cat', [path.join(data, name)]);
  const postmasterPid = async (): Promise<string> => (await read('postmaster.pid')).split('\n')[0] ?? '';
  return { directory, data, port, run, read, postmasterPid };
}
