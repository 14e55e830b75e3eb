import { because, type Reason } from '@holdfast/core';
import type { Cluster } from './cluster.ts';
import { readControlFile } from './control-file.ts';
import { isPortFree } from './door.ts';

/** Why a start failed, and whether another server would fail too. */
export interface StartFailure {
  readonly scope: 'server' | 'data';
  readonly reason: Reason;
}

interface Pattern {
  readonly pattern: RegExp;
  readonly scope: 'server' | 'data';
  readonly code: string;
}

/**
 * What PostgreSQL writes when it cannot start, first match wins, from the particular to the general. The texts are
 * those of its sources in the C locale, where they have not changed from 12 to 18; errno texts come last.
 */
const patterns: readonly Pattern[] = [
  { pattern: /No space left on device|Disk quota exceeded/, scope: 'data', code: 'disk-full' },
  { pattern: /Input\/output error/, scope: 'data', code: 'io-error' },
  { pattern: /Read-only file system/, scope: 'server', code: 'volume-read-only' },
  {
    pattern: /Address already in use|Is another postmaster already running on port/,
    scope: 'server',
    code: 'port-in-use',
  },
  { pattern: /Cannot assign requested address/, scope: 'server', code: 'listen-address-missing' },
  {
    pattern: /database files are incompatible with server|is not compatible with this version/,
    scope: 'server',
    code: 'version-mismatch',
  },
  {
    pattern: /could not (?:access file|load library) .*(?:No such file|cannot open shared object)/,
    scope: 'server',
    code: 'library-missing',
  },
  {
    pattern:
      /configuration file .* contains errors|syntax error in (?:file|configuration)|invalid value for parameter|unrecognized configuration parameter|could not load .*pg_hba|parameter ".*" (?:requires|cannot)|must be less than/,
    scope: 'data',
    code: 'configuration-invalid',
  },
  { pattern: /has wrong ownership/, scope: 'server', code: 'data-directory-owner' },
  {
    pattern: /has invalid permissions|has group or world access/,
    scope: 'data',
    code: 'data-directory-mode',
  },
  {
    pattern: /"root" execution of the PostgreSQL server is not permitted/,
    scope: 'server',
    code: 'service-runs-as-root',
  },
  { pattern: /lock file ".*" already exists/, scope: 'server', code: 'lock-file-held' },
  { pattern: /pre-existing shared memory block/, scope: 'server', code: 'shared-memory-held' },
  {
    pattern: /could not (?:create|map|allocate|resize) .*(?:shared memory|semaphore)|Cannot allocate memory/,
    scope: 'server',
    code: 'memory-too-small',
  },
  {
    pattern: /could not (?:create|bind) (?:any )?Unix|\.s\.PGSQL\.\d+\.lock/,
    scope: 'server',
    code: 'socket-directory-unusable',
  },
  {
    pattern:
      /could not locate a valid checkpoint record|invalid (?:primary )?checkpoint|incorrect checksum|control file|could not find the database system|invalid page|could not find redo location|unexpected end of|is not a valid data directory|PANIC:/,
    scope: 'data',
    code: 'data-damaged',
  },
  { pattern: /Permission denied/, scope: 'server', code: 'permission-denied' },
  { pattern: /could not open (?:file|directory) .*No such file/, scope: 'data', code: 'data-damaged' },
];

const logBytes = 16 * 1024;

/** Finds the cause of a failed start in what the server wrote; `undefined` when nothing in it is known. */
export function classifyStartLog(log: string): StartFailure | undefined {
  const lines = log
    .split('\n')
    .filter((line) => /FATAL|PANIC|ERROR|LOG|HINT|DETAIL|WARNING|postgres:|"root"/.test(line));
  for (const { pattern, scope, code } of patterns) {
    const line = lines.find((candidate) => pattern.test(candidate));
    if (line !== undefined) return { scope, reason: because(code, { line: shorten(line) }) };
  }
  return undefined;
}

/**
 * Says why a start failed: from what the service wrote, then from the server's own log file (its messages go there
 * once the logging collector runs), then by looking. `problem` is what the service manager said, if it did.
 */
export async function explainStartFailure(cluster: Cluster, problem: string): Promise<StartFailure> {
  const { host, parameters } = cluster;
  const output = await host.services.output(parameters.service, logBytes).catch(() => '');
  const ownLog = await readOwnLog(cluster).catch(() => '');
  const found = (await judgeControlFile(cluster)) ?? classifyStartLog(output) ?? classifyStartLog(ownLog);
  if (found)
    return { ...found, reason: because(found.reason.code, { ...found.reason.facts, port: parameters.port }) };
  if (!(await isPortFree(parameters.port))) {
    return { scope: 'server', reason: because('port-in-use', { port: parameters.port, line: '' }) };
  }
  const last = output.trim().split('\n').at(-1) ?? '';
  return {
    scope: 'server',
    reason: because('start-failed', { service: parameters.service, problem, line: shorten(last) }),
  };
}

/**
 * A control file that proves nothing of itself makes PostgreSQL complain of other things, such as versions. After a
 * failed start nobody writes to it: what cannot be parsed is damaged.
 */
async function judgeControlFile(cluster: Cluster): Promise<StartFailure | undefined> {
  const { host, parameters } = cluster;
  const path = `${parameters.dataDirectory}/global/pg_control`;
  try {
    if (await readControlFile(host.files, parameters.dataDirectory)) return undefined;
    return { scope: 'data', reason: because('data-damaged', { line: path }) };
  } catch {
    return undefined;
  }
}

/** The end of the log file that `current_logfiles` names, where the logging collector writes one. */
async function readOwnLog(cluster: Cluster): Promise<string> {
  const { host, parameters } = cluster;
  const names = await host.files.read(`${parameters.dataDirectory}/current_logfiles`);
  const name = /^stderr (.+)$/m.exec(names ?? '')?.[1];
  if (name === undefined) return '';
  const path = name.startsWith('/') ? name : `${parameters.dataDirectory}/${name}`;
  const bytes = await host.files.readBytes(path, { maxBytes: logBytes, fromEnd: true });
  const text = bytes === undefined ? '' : Buffer.from(bytes).toString('utf8');
  // What stands before the last start is about another one.
  const lastStart = text.lastIndexOf('starting PostgreSQL');
  return lastStart < 0 ? '' : text.slice(lastStart);
}

function shorten(line: string): string {
  return line.trim().slice(0, 300);
}
