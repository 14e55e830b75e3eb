import { spawn, execFile, execFileSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rm,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { allow, type Reason, type Tunables, type Verdict } from '@holdfast/core';
import { createLinuxHost, type LinuxHostOptions } from '@holdfast/daemon/host/linux/index';
import type { ActionResult } from '@holdfast/engine/ports';
import { copyPostgres } from '@holdfast/lab/postgres-binaries';
import { Client } from 'pg';
import type { Host, ProcessView } from '../host.ts';
import { defaultTunables } from '../tunables.ts';
import { observeFamily } from './identity.ts';
import {
  createPostgresqlKit,
  limitsOf,
  type Limits,
  type PostgresqlKit,
  type PostgresqlParameters,
} from './index.ts';
import { parseLockFile } from './lock-file.ts';
import { postgresqlParameters, postgresPath } from './parameters.ts';

/** Real PostgreSQL for the tests of the kit: programs and one fresh data directory, from which clusters are copied. */
export interface TestBench {
  readonly directory: string;
  readonly executables: string;
  readonly account: TestAccount;
  createCluster(options?: TestClusterOptions): Promise<TestCluster>;
  dispose(): Promise<void>;
}

interface TestAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export interface TestClusterOptions {
  readonly settings?: readonly string[];
  readonly accessRules?: string;
  readonly limits?: Partial<Limits>;
  readonly processScope?: Host['processScope'];
  readonly passwordFile?: string;
  readonly parameters?: Partial<PostgresqlParameters>;
  /** `configuration`: whoever starts it needs no `-p`. */
  readonly portIn?: 'configuration';
}

/** One database cluster, the kit that tends it, and the ways to harm it. */
export interface TestCluster {
  readonly directory: string;
  readonly host: Host;
  readonly hostOptions: LinuxHostOptions;
  readonly kit: PostgresqlKit;
  readonly parameters: PostgresqlParameters;
  /** What the last action told of its progress. */
  readonly told: Reason[];
  restore(options?: { signal?: AbortSignal; permit?: () => Verdict }): Promise<ActionResult>;
  remove(signal?: AbortSignal): Promise<ActionResult>;
  quickCheck(): Promise<ActionResult>;
  deepCheck(timeoutMs?: number): Promise<ActionResult>;
  checkContext(timeoutMs?: number): Parameters<PostgresqlKit['quickCheck']>[0];
  connect(): Promise<Client>;
  query(text: string): Promise<readonly Record<string, unknown>[]>;
  processes(): Promise<readonly ProcessView[]>;
  postmaster(): Promise<ProcessView>;
  log(): Promise<string>;
  runAsOwner(program: string, args: readonly string[]): Promise<string>;
  /**
   * Starts it with `pg_ctl` as an administrator does by hand, with `-p` when `options` say nothing else; its log is
   * `by-hand.log` beside it.
   */
  startByHand(options?: string): Promise<void>;
  /** The same as `runAsOwner`, and nothing else happens meanwhile. */
  runAsOwnerNow(program: string, args: readonly string[]): void;
  spawnAsOwner(program: string, args: readonly string[]): ChildProcess;
  /** A kit that has seen nothing yet, as after a restart of the daemon. */
  forgetfulKit(): PostgresqlKit;
  dispose(): Promise<void>;
}

const run = promisify(execFile);

/** PostgreSQL refuses root; `nobody` is on every machine. */
export function testAccount(): TestAccount {
  if (process.geteuid?.() === 0) return { name: 'nobody', uid: 65_534, gid: 65_534 };
  const { username, uid, gid } = userInfo();
  return { name: username, uid, gid };
}

export async function createTestBench(options: { executables?: string } = {}): Promise<TestBench> {
  const account = testAccount();
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'holdfast-kit-pg-')));
  await chmod(directory, 0o755);
  const executables = options.executables ?? (await copyPostgres(join(directory, 'postgresql'))).binDirectory;
  const template = join(directory, 'template');
  await mkdir(template, { mode: 0o700 });
  await chown(template, account.uid, account.gid);
  await runAs(account, join(executables, 'initdb'), [
    ...['-D', template, '-U', 'postgres', '-A', 'trust', '--wal-segsize=1'],
    ...['--locale=C', '-E', 'UTF8', '--no-sync'],
  ]);
  await shrink(account, executables, template);
  const bench: TestBench = {
    directory,
    executables,
    account,
    createCluster: (clusterOptions) => createTestCluster(bench, template, clusterOptions ?? {}),
    dispose: () => rm(directory, { recursive: true, force: true }),
  };
  return bench;
}

/** Each test copies the data directory: with one database instead of three that takes a third of the time. */
async function shrink(account: TestAccount, executables: string, template: string): Promise<void> {
  const ids = process.geteuid?.() === 0 ? { uid: account.uid, gid: account.gid } : {};
  const session = spawn(join(executables, 'postgres'), ['--single', '-F', '-D', template, 'template1'], {
    ...ids,
    env: { LC_ALL: 'C' },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  session.stdin.end(
    "UPDATE pg_database SET datistemplate = false WHERE datname = 'template0'\n" +
      'DROP DATABASE template0\nDROP DATABASE postgres\n',
  );
  await once(session, 'exit');
}

async function runAs(account: TestAccount, program: string, args: readonly string[]): Promise<string> {
  const ids = process.geteuid?.() === 0 ? { uid: account.uid, gid: account.gid } : {};
  const { stdout } = await run(program, [...args], {
    ...ids,
    cwd: '/',
    timeout: 60_000,
    env: { LC_ALL: 'C' },
  });
  return stdout;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

let clusterCount = 0;

async function createTestCluster(
  bench: TestBench,
  template: string,
  options: TestClusterOptions,
): Promise<TestCluster> {
  clusterCount += 1;
  const { account, executables } = bench;
  const directory = join(bench.directory, `cluster-${clusterCount}`);
  const dataDirectory = join(directory, 'data');
  const port = await freePort();
  await mkdir(directory);
  await chown(directory, account.uid, account.gid);
  await run('/bin/cp', ['-a', template, dataDirectory]);
  const settings = [
    "listen_addresses = '127.0.0.1'",
    `unix_socket_directories = '${directory}'`,
    'max_connections = 10',
    'shared_buffers = 16MB',
    'dynamic_shared_memory_type = mmap',
    // Processes are killed here, never the machine: what was written stays.
    'fsync = off',
    ...(options.portIn === 'configuration' ? [`port = ${port}`] : []),
    ...(options.settings ?? []),
  ];
  await appendFile(join(dataDirectory, 'postgresql.conf'), `${settings.join('\n')}\n`);
  if (options.accessRules !== undefined) {
    await writeFile(join(dataDirectory, 'pg_hba.conf'), options.accessRules);
  }
  const hostOptions: LinuxHostOptions = {
    serviceManager: 'direct',
    addressKind: 'loopback',
    processScope: options.processScope ?? 'host',
    runDirectory: join(directory, 'run'),
    stateDirectory: join(directory, 'state'),
  };
  const limits = (tunables: Tunables): Limits => ({ ...limitsOf(tunables), ...options.limits });
  const passwordFile = options.passwordFile ?? join(directory, 'no-password-file');
  const parameters = postgresqlParameters.parse({
    service: `pg-${port}`,
    executables,
    dataDirectory,
    port,
    account: account.name,
    serviceOrigin: 'created',
    ...options.parameters,
  });
  return buildCluster({
    bench,
    directory,
    hostOptions,
    parameters,
    createKit: () => createPostgresqlKit({ limits, passwordFile }),
  });
}

interface Parts {
  readonly bench: TestBench;
  readonly directory: string;
  readonly hostOptions: LinuxHostOptions;
  readonly parameters: PostgresqlParameters;
  readonly createKit: () => PostgresqlKit;
}

function buildCluster(parts: Parts): TestCluster {
  const { bench, directory, hostOptions, parameters, createKit } = parts;
  const host = createLinuxHost(hostOptions);
  const kit = createKit();
  const kits = [kit];
  const told: Reason[] = [];
  const tunables = defaultTunables(kit.tunables);
  const names = { tag: 'pgsql', cluster: 'test', hierarchy: 'pgsql', server: 'one', incarnation: 'test' };
  const actionContext = (signal: AbortSignal | undefined) => {
    told.splice(0);
    const progress = (reason: Reason): void => void told.push(reason);
    const { signal: never } = new AbortController();
    return { ...names, host, parameters, tunables, term: 1, progress, signal: signal ?? never };
  };
  const checkContext = (timeoutMs = 5_000) => ({
    ...names,
    host,
    parameters,
    tunables,
    signal: new AbortController().signal,
    deadline: host.clock.now() + timeoutMs,
  });
  const place = { executable: postgresPath(parameters), directory: parameters.dataDirectory };
  const processes = async (): Promise<readonly ProcessView[]> => host.processes.inDirectory(place.directory);
  const connect = async (): Promise<Client> => {
    const client = new Client({
      host: directory,
      port: parameters.port,
      user: 'postgres',
      database: 'template1',
    });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  return {
    directory,
    host,
    hostOptions,
    kit,
    parameters,
    told,
    restore: (options = {}) =>
      kit.restore({ ...actionContext(options.signal), permit: options.permit ?? allow }),
    remove: (signal) => kit.remove(actionContext(signal)),
    quickCheck: () => kit.quickCheck(checkContext()),
    deepCheck: (timeoutMs) => kit.deepCheck(checkContext(timeoutMs)),
    checkContext,
    connect,
    query: async (text) => {
      const client = await connect();
      try {
        return (await client.query<Record<string, unknown>>(text)).rows;
      } finally {
        await client.end();
      }
    },
    processes,
    postmaster: async () => {
      const [postmaster] = (await observeFamily(host.processes, place)).postmasters;
      if (!postmaster) throw new Error('no postmaster runs');
      return postmaster;
    },
    log: () => host.services.output(parameters.service, 100_000),
    runAsOwner: (program, args) => runAs(bench.account, join(bench.executables, program), args),
    startByHand: async (options = `-p ${parameters.port}`) => {
      const { dataDirectory } = parameters;
      const how = ['start', '-w', '-s', '-D', dataDirectory, '-l', join(directory, 'by-hand.log')];
      await runAs(bench.account, join(bench.executables, 'pg_ctl'), [...how, '-o', options]);
    },
    runAsOwnerNow: (program, args) => {
      const ids = process.geteuid?.() === 0 ? { uid: bench.account.uid, gid: bench.account.gid } : {};
      execFileSync(join(bench.executables, program), [...args], {
        ...ids,
        cwd: '/',
        timeout: 60_000,
        env: { LC_ALL: 'C' },
      });
    },
    spawnAsOwner: (program, args) => {
      const ids = process.geteuid?.() === 0 ? { uid: bench.account.uid, gid: bench.account.gid } : {};
      return spawn(program, [...args], { ...ids, stdio: 'ignore', detached: true });
    },
    forgetfulKit: () => {
      const fresh = createKit();
      kits.push(fresh);
      return fresh;
    },
    dispose: async () => {
      for (const one of kits) one.close();
      for (const view of await processes()) await host.processes.signal(view.pid, 'SIGKILL', view.startTicks);
      await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
}

/** Waits for a condition; shows the state when the deadline passes. */
export async function eventually(
  condition: () => Promise<boolean> | boolean,
  options: { readonly timeoutMs?: number; readonly state?: () => unknown } = {},
): Promise<void> {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) {
      throw new Error(`not within ${timeoutMs} ms: ${JSON.stringify(await options.state?.())}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export async function readLock(cluster: TestCluster): Promise<ReturnType<typeof parseLockFile>> {
  return parseLockFile(await readFile(join(cluster.parameters.dataDirectory, 'postmaster.pid'), 'utf8'));
}
