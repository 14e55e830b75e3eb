import path from 'node:path';
import pg from 'pg';
import { ProgramError } from './program.ts';
import type { ServerBox, ServerBoxes } from './server-box.ts';
import { copyPostgres } from './postgres-binaries.ts';

/** A PostgreSQL database cluster on the lab's volume. */
export interface LabDatabase {
  readonly binDirectory: string;
  readonly dataDirectory: string;
  readonly port: number;
  readonly administrator: 'postgres';
  readonly applicationUser: 'application';
  /** The operating system's user that runs it, where that is not the one of this process. */
  readonly account: { readonly name: string; readonly uid: number; readonly gid: number } | undefined;
}

/** PostgreSQL refuses root. `nobody` is on every machine (Debian policy 9.2.2), with the group `nogroup`. */
const nobody = { name: 'nobody', uid: 65_534, gid: 65_534 };

/**
 * Makes a database cluster on the volume, with the table of the writing client, and leaves it stopped and the
 * volume let go. `on` is the server that does the work. Connections without a password: the administrator
 * from the server itself, the application from the lab's network.
 */
export async function createDatabase(
  boxes: ServerBoxes,
  options: { readonly on: ServerBox; readonly port: number },
): Promise<LabDatabase> {
  const account = process.getuid?.() === 0 ? nobody : undefined;
  const { binDirectory } = await copyPostgres(path.join(boxes.directory, 'postgresql'));
  const database: LabDatabase = {
    binDirectory,
    dataDirectory: path.join(boxes.volume.mountPoint, 'pgdata'),
    port: options.port,
    administrator: 'postgres',
    applicationUser: 'application',
    account,
  };
  await mountVolume(boxes, options.on);
  await initialise(boxes, options.on, database);
  await unmountVolume(boxes, options.on);
  return database;
}

/** Makes a further database cluster on the volume, which is in service on `on`, and leaves it stopped. */
export async function createFurtherDatabase(
  boxes: ServerBoxes,
  first: LabDatabase,
  options: { readonly on: ServerBox; readonly port: number; readonly name: string },
): Promise<LabDatabase> {
  const dataDirectory = path.join(boxes.volume.mountPoint, options.name);
  const database = { ...first, dataDirectory, port: options.port };
  await initialise(boxes, options.on, database);
  return database;
}

async function initialise(boxes: ServerBoxes, on: ServerBox, database: LabDatabase): Promise<void> {
  const { account, dataDirectory, administrator } = database;
  const owner = account ? [`--owner=${account.name}`, `--group=${String(account.gid)}`] : [];
  await mustExec(on, '/usr/bin/install', ['--directory', '--mode=700', ...owner, dataDirectory]);
  const initdb = ['-D', dataDirectory, '-U', administrator, '-A', 'trust', '-E', 'UTF8'];
  await execAsOwner(on, database, 'initdb', [...initdb, '--locale=C', '--no-instructions']);
  await write(on, database, 'postgresql.conf', settings(boxes, database.port));
  await write(on, database, 'pg_hba.conf', accessRules(boxes));
  await execAsOwner(on, database, 'postgres', ['--single', '-j', '-D', dataDirectory, 'postgres'], {
    input: tables,
  });
}

/** In a directory on the volume nothing has to be mounted. */
export async function mountVolume(boxes: ServerBoxes, server: ServerBox): Promise<void> {
  const { volume } = boxes;
  if (volume.kind !== 'device' || server.volumeDevice === undefined) return;
  await mustExec(server, '/usr/bin/mount', [server.volumeDevice, volume.mountPoint]);
}

export async function unmountVolume(boxes: ServerBoxes, server: ServerBox): Promise<void> {
  const { volume } = boxes;
  if (volume.kind === 'device') await mustExec(server, '/usr/bin/umount', [volume.mountPoint]);
}

/** Starts the database cluster without Holdfast, and waits until it takes connections. */
export async function startDatabase(server: ServerBox, database: LabDatabase): Promise<void> {
  const log = path.join(server.directories.log, 'postgresql.log');
  await mustExec(server, '/usr/bin/install', [
    '-D',
    '--mode=666',
    ...(database.account ? [`--owner=${database.account.name}`] : []),
    '/dev/null',
    log,
  ]);
  await execAsOwner(server, database, 'pg_ctl', [
    'start',
    '--wait',
    ...['-D', database.dataDirectory, '-l', log, '-o', `-p ${String(database.port)}`],
  ]);
}

export async function stopDatabase(
  server: ServerBox,
  database: LabDatabase,
  mode: 'fast' | 'immediate',
): Promise<void> {
  await execAsOwner(server, database, 'pg_ctl', ['stop', '--wait', '-D', database.dataDirectory, '-m', mode]);
}

/** One statement as the administrator, by the socket on the server. Returns the rows. */
export async function queryDatabase(
  boxes: ServerBoxes,
  server: ServerBox,
  database: LabDatabase,
  statement: string,
): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({
    host: server.seenFromOutside(boxes.socketDirectory),
    port: database.port,
    user: database.administrator,
    database: 'postgres',
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const result = await client.query<Record<string, unknown>>(statement);
    return result.rows;
  } finally {
    await client.end();
  }
}

async function execAsOwner(
  server: ServerBox,
  database: LabDatabase,
  program: string,
  args: readonly string[],
  options: { readonly input?: string } = {},
): Promise<void> {
  const ids = database.account ? { uid: database.account.uid, gid: database.account.gid } : {};
  await mustExec(server, path.join(database.binDirectory, program), args, { ...options, ...ids });
}

async function mustExec(
  server: ServerBox,
  executable: string,
  args: readonly string[],
  options: { readonly input?: string; readonly uid?: number; readonly gid?: number } = {},
): Promise<void> {
  const result = await server.exec(executable, args, { timeoutMs: 60_000, ...options });
  if (result.code !== 0) throw new ProgramError([executable, ...args], result);
}

/** Appends to a file of the data directory, as its owner. */
async function write(server: ServerBox, database: LabDatabase, file: string, text: string): Promise<void> {
  const ids = database.account ? { uid: database.account.uid, gid: database.account.gid } : {};
  const target = path.join(database.dataDirectory, file);
  await mustExec(server, '/usr/bin/tee', ['--append', target], { input: text, ...ids });
}

function settings(boxes: ServerBoxes, port: number): string {
  // In loopback mode only addresses of this machine's own loopback are listened on, never all of them.
  const listen = boxes.network ? '*' : `127.0.0.1,${boxes.floatingAddress}`;
  return [
    `listen_addresses = '${listen}'`,
    `port = ${String(port)}`,
    `unix_socket_directories = '${boxes.socketDirectory}'`,
    'max_connections = 60',
    // With the default, a killed server leaves its segments in this machine's /dev/shm.
    'dynamic_shared_memory_type = mmap',
    // After a crash PostgreSQL syncs the whole data directory, by default file by file: seconds on a slow
    // disk.
    'recovery_init_sync_method = syncfs',
    "log_line_prefix = '%m [%p] '",
    '',
  ].join('\n');
}

function accessRules(boxes: ServerBoxes): string {
  const network = boxes.network ? `${boxes.client.address}/24` : '127.0.0.0/8';
  return `host all application ${network} trust\n`;
}

/** The table of the writing client and its role. No key on `id`: a row that came twice must be seen. */
export const tables = `
create role application login;

create table holdfast_lab_writes (
  client text not null,
  id bigint not null,
  at timestamptz not null default clock_timestamp(),
  postmaster timestamptz not null default pg_postmaster_start_time()
);

grant select, insert on holdfast_lab_writes to application;

`;
