import { userInfo } from 'node:os';
import { posix } from 'node:path';
import type { Parameters } from '@holdfast/core';
import type { Host, ServiceView } from '../host.ts';
import { findAccount } from './account.ts';
import { listDoors } from './door.ts';
import { readDataVersion, readMajorVersion } from './executables.ts';
import { parseLockFile, parseOptionsFile, parseStartOptions, type LockFile } from './lock-file.ts';
import { openSession } from './session.ts';
import { getSettledService, isStillStarting } from './settled-service.ts';

/** What was found on this server for fields that were not given. */
interface Found {
  readonly service: ServiceView | undefined;
  readonly lock: LockFile | undefined;
  readonly dataDirectory: string | undefined;
  readonly executables: string | undefined;
  /** Arguments of the last start, other than `-D` and `-p`. */
  readonly arguments: readonly string[];
  readonly port: number | undefined;
}

const sessionTimeoutMs = 2_000;
const firstVersion = 12;
const lastVersion = 30;

/**
 * Values for the fields that were not given, found on this server: from the service, the running postmaster, the
 * data directory, and the usual places of packages (K-01). Given paths are resolved to real ones. What cannot be found
 * stays open; nothing is changed.
 */
export async function findDefaults(given: Parameters, host: Host, passwordFile: string): Promise<Parameters> {
  const found = await look(given, host);
  const { dataDirectory, executables } = found;
  const stat =
    dataDirectory === undefined ? undefined : await host.files.stat(dataDirectory).catch(() => undefined);
  const ownerUid = numberOf(given['ownerUid']) ?? stat?.uid;
  const owner = ownerUid === undefined ? undefined : await findAccount(host, ownerUid);
  const port = numberOf(given['port']) ?? found.port;
  const user = textOf(given['user']) ?? 'postgres';
  const service = found.service?.name ?? textOf(given['service']) ?? (port && `holdfast-pgsql-${port}`);
  const majorVersion =
    numberOf(given['majorVersion']) ??
    (dataDirectory === undefined
      ? undefined
      : await readDataVersion(host, dataDirectory).catch(() => undefined));
  const checkHost =
    textOf(given['host']) ?? (await findHost(host, { lock: found.lock, port, user, passwordFile }));
  const account = textOf(given['account']) ?? owner?.name ?? (host.isRoot ? undefined : userInfo().username);
  return withoutUndefined({
    ...given,
    service,
    executables,
    dataDirectory,
    port,
    user,
    host: checkHost,
    account: found.service ? given['account'] : account,
    arguments: given['arguments'] ?? (found.service ? undefined : found.arguments),
    serviceOrigin: found.service ? 'existing' : 'created',
    formerStartMode: found.service?.startMode,
    ownerUid,
    majorVersion,
  });
}

function withoutUndefined(values: Readonly<Record<string, unknown>>): Parameters {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Numbers may come as a person typed them. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'string' && /^\d{1,9}$/.test(value)) return Number(value);
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

async function look(given: Parameters, host: Host): Promise<Found> {
  const named = textOf(given['service']);
  const ownService = named === undefined ? undefined : await getSettledService(host, named);
  const dataDirectory = await findDataDirectory(given, host, ownService);
  const lock = dataDirectory === undefined ? undefined : await readLock(host, dataDirectory);
  const options = dataDirectory === undefined ? undefined : await readOptions(host, dataDirectory);
  const service =
    ownService ?? (named === undefined ? await findService(host, lock, dataDirectory) : undefined);
  const started = options && parseStartOptions(options.arguments);
  const major = numberOf(given['majorVersion']) ?? (await versionOf(host, dataDirectory));
  const running = lock && (await host.processes.get(lock.pid));
  const isRunning = running !== undefined && running.cwd === dataDirectory;
  return {
    service,
    lock: isRunning ? lock : undefined,
    dataDirectory,
    executables: await findExecutables(host, {
      given: textOf(given['executables']),
      running: isRunning ? posix.dirname(running.executable) : undefined,
      service: service?.command[0],
      major,
    }),
    arguments: started?.others ?? [],
    port: (isRunning ? lock?.port : undefined) ?? started?.port ?? portOfService(service),
  };
}

async function versionOf(host: Host, dataDirectory: string | undefined): Promise<number | undefined> {
  return dataDirectory === undefined
    ? undefined
    : readDataVersion(host, dataDirectory).catch(() => undefined);
}

async function readLock(host: Host, dataDirectory: string): Promise<LockFile | undefined> {
  const text = await host.files.read(`${dataDirectory}/postmaster.pid`).catch(() => undefined);
  return text === undefined ? undefined : parseLockFile(text);
}

async function readOptions(host: Host, dataDirectory: string): Promise<ReturnType<typeof parseOptionsFile>> {
  const text = await host.files.read(`${dataDirectory}/postmaster.opts`).catch(() => undefined);
  return text === undefined ? undefined : parseOptionsFile(text);
}

function portOfService(service: ServiceView | undefined): number | undefined {
  return service && parseStartOptions(service.command.slice(1)).port;
}

/** Given, or from the command of the service, or where its process works. A real path where it exists here. */
async function findDataDirectory(
  given: Parameters,
  host: Host,
  service: ServiceView | undefined,
): Promise<string | undefined> {
  const main = service?.mainPid === undefined ? undefined : await host.processes.get(service.mainPid);
  const isPostgres = main !== undefined && posix.basename(main.executable) === 'postgres';
  const path =
    textOf(given['dataDirectory']) ??
    (service && parseStartOptions(service.command.slice(1)).dataDirectory) ??
    (isPostgres ? main.cwd : undefined);
  if (path === undefined) return undefined;
  return (await host.files.realPath(path).catch(() => undefined)) ?? path;
}

/**
 * The usual names of packages' services; only one that runs the very postmaster is taken, or one that is still starting: the
 * checks of the creation say then that it is.
 */
async function findService(
  host: Host,
  lock: LockFile | undefined,
  dataDirectory: string | undefined,
): Promise<ServiceView | undefined> {
  if (!lock || dataDirectory === undefined) return undefined;
  const debian = /\/(\d{2})\/([A-Za-z0-9_-]+)$/.exec(dataDirectory);
  const major = await versionOf(host, dataDirectory);
  const names = [
    ...(debian ? [`postgresql@${debian[1]}-${debian[2]}`] : []),
    ...(major === undefined ? [] : [`postgresql-${major}`]),
    'postgresql',
    ...(lock.port === undefined ? [] : [`holdfast-pgsql-${lock.port}`]),
  ];
  for (const name of names) {
    const service = await getSettledService(host, name).catch(() => undefined);
    if (service && (service.mainPid === lock.pid || isStillStarting(service))) return service;
  }
  return undefined;
}

interface ExecutablesHints {
  readonly given: string | undefined;
  readonly running: string | undefined;
  readonly service: string | undefined;
  readonly major: number | undefined;
}

/** The directory in which `postgres` itself lies, behind all links. */
async function findExecutables(host: Host, hints: ExecutablesHints): Promise<string | undefined> {
  const usual = (major: number): readonly string[] => [
    `/usr/lib/postgresql/${major}/bin`,
    `/usr/pgsql-${major}/bin`,
  ];
  const majors =
    hints.major === undefined
      ? Array.from({ length: lastVersion - firstVersion + 1 }, (_, index) => lastVersion - index)
      : [hints.major];
  const candidates =
    hints.given === undefined
      ? [
          ...(hints.running === undefined ? [] : [hints.running]),
          ...(hints.service === undefined ? [] : [posix.dirname(hints.service)]),
          ...majors.flatMap(usual),
          '/usr/local/pgsql/bin',
        ]
      : [hints.given];
  for (const directory of candidates) {
    const real = await host.files.realPath(`${directory}/postgres`).catch(() => undefined);
    if (real === undefined) continue;
    if (hints.given !== undefined || hints.major === undefined) return posix.dirname(real);
    if ((await readMajorVersion(host, real)) === hints.major) return posix.dirname(real);
  }
  return hints.given;
}

interface HostSearch {
  readonly lock: LockFile | undefined;
  readonly port: number | undefined;
  readonly user: string;
  readonly passwordFile: string;
}

/**
 * Where the administrator gets in without a prompt: the socket is tried first, then the address. Only the address is
 * returned, because the socket's directory may differ from server to server and is found by itself.
 */
async function findHost(host: Host, search: HostSearch): Promise<string | undefined> {
  if (search.port === undefined || !search.lock) return undefined;
  const [socketDoor, addressDoor] = listDoors(search.port, search.lock);
  for (const door of [socketDoor, addressDoor]) {
    if (!door) continue;
    const login = {
      door,
      user: search.user,
      database: 'template1',
      files: host.files,
      passwordFile: search.passwordFile,
    };
    try {
      (await openSession(login, { timeoutMs: sessionTimeoutMs })).close();
      return door === socketDoor ? undefined : door.host;
    } catch {
      continue;
    }
  }
  return undefined;
}
