/** What a postmaster says of itself on the last line of its lock file. */
export type PostmasterStatus = 'starting' | 'stopping' | 'ready' | 'standby';

/**
 * `postmaster.pid` (PostgreSQL, src/include/utils/pidfile.h). It names no server and no boot: alone it proves nothing.
 */
export interface LockFile {
  readonly pid: number;
  /** A session of `postgres --single`, not a postmaster: the file then has a negative pid. */
  readonly singleUser: boolean;
  readonly dataDirectory: string;
  readonly startedAtSeconds: number | undefined;
  readonly port: number | undefined;
  readonly socketDirectory: string | undefined;
  readonly listenAddress: string | undefined;
  readonly sharedMemory: string | undefined;
  readonly status: PostmasterStatus | undefined;
}

const statuses: readonly string[] = ['starting', 'stopping', 'ready', 'standby'];

/** Parses `postmaster.pid`. It is written line by line during a start: what is not there yet is `undefined`. */
export function parseLockFile(text: string): LockFile | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const pid = parseInteger(lines[0]);
  if (pid === undefined || pid === 0) return undefined;
  const status = lines[7];
  return {
    pid: Math.abs(pid),
    singleUser: pid < 0,
    dataDirectory: lines[1] ?? '',
    startedAtSeconds: parseInteger(lines[2]),
    port: parseInteger(lines[3]) || undefined,
    socketDirectory: lines[4] || undefined,
    listenAddress: lines[5] || undefined,
    sharedMemory: lines[6] || undefined,
    status: status !== undefined && statuses.includes(status) ? (status as PostmasterStatus) : undefined,
  };
}

function parseInteger(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The command line of the last start, from `postmaster.opts`. */
export interface StartCommand {
  readonly executable: string;
  readonly arguments: readonly string[];
}

/** Parses `postmaster.opts`: the executable as it is, then each argument in double quotes (CreateOptsFile). */
export function parseOptionsFile(text: string): StartCommand | undefined {
  const line = text.split('\n')[0] ?? '';
  const firstQuote = line.indexOf(' "');
  const executable = (firstQuote < 0 ? line : line.slice(0, firstQuote)).trim();
  if (executable === '') return undefined;
  const rest = firstQuote < 0 ? '' : line.slice(firstQuote);
  return { executable, arguments: [...rest.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? '') };
}

/** Meanings of a `postgres` command line that the kit looks for, whichever way they are written. */
export interface StartOptions {
  readonly dataDirectory: string | undefined;
  readonly port: number | undefined;
  /** Everything else, as it was. */
  readonly others: readonly string[];
}

/** Reads `-D dir`, `-Ddir`, `-p port`, `-pport`, `--port=port`, `-c port=port` from arguments of `postgres`. */
export function parseStartOptions(args: readonly string[]): StartOptions {
  const others: string[] = [];
  let dataDirectory: string | undefined;
  let port: number | undefined;
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    const next = args[index + 1] ?? '';
    const glued = /^-([Dp])(.+)$/.exec(arg);
    const long = /^(?:--|-c)port=(\d+)$/.exec(arg);
    if (arg === '-D' || arg === '-p') {
      index += 1;
      if (arg === '-D') dataDirectory = next;
      else port = parseInteger(next);
    } else if (arg === '-c' && /^port=\d+$/.test(next)) {
      index += 1;
      port = parseInteger(next.slice('port='.length));
    } else if (glued) {
      if (glued[1] === 'D') dataDirectory = glued[2];
      else port = parseInteger(glued[2]);
    } else if (long) port = parseInteger(long[1]);
    else others.push(arg);
  }
  return { dataDirectory, port, others };
}
