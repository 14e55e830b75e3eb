import { readFileSync } from 'node:fs';
import path from 'node:path';
import { answerQuestions } from './channel.ts';
import { instantMs } from './deadline.ts';
import { queueLimitOf } from './loopback-boxes.ts';
import { readTraces } from './manifest.ts';
import { isAlive, listPids, readCwd, readPidNamespace, readQueueLimit, readStat } from './processes.ts';
import {
  findOverlaps,
  findTermRegressions,
  mergeOverlaps,
  type Activity,
  type DetectorReport,
  type Look,
  type Overlap,
  type TermSighting,
} from './two-writers.ts';

/**
 * The process of the two-writers detector: it looks at all servers from outside, and knows nothing of the
 * product.
 */

export interface DetectorOptions {
  readonly mode: 'namespaces' | 'loopback';
  readonly directory: string;
  readonly number: number;
  /** In the order in which the lab made them. */
  readonly servers: readonly string[];
  readonly mountPoint: string;
  readonly dataDirectory: string;
  readonly floatingAddress: string;
  readonly everyMs: number;
}

/** A process that was looked at and is elsewhere is looked at again only after this, unless it is young. */
const restMs = 200;
const youngMs = 500;
const entriesKept = 1_000;
const ownerFile = '.holdfast-owner';

const options = JSON.parse(process.argv[2] ?? '{}') as DetectorOptions;
const elsewhere = new Map<number, { readonly firstSeenMs: number; readonly lookAgainMs: number }>();
let inits: readonly {
  readonly server: string;
  readonly pid: number;
  readonly namespace: string | undefined;
}[] = [];
let initsReadAtMs = -Infinity;
let overlaps: readonly Overlap[] = [];
let terms: readonly TermSighting[] = [];
let looks = 0;
let lastLookMs: number | undefined;
let longestBlindMs = 0;

const notify = answerQuestions({
  report: (): DetectorReport => ({
    looks,
    longestBlindMs,
    overlaps: overlaps.filter(({ frozen }) => !frozen),
    frozenOverlaps: overlaps.filter(({ frozen }) => frozen),
    terms,
    termRegressions: findTermRegressions(terms),
  }),
});

setInterval(() => {
  const first = look();
  looks += 1;
  if (lastLookMs !== undefined) longestBlindMs = Math.max(longestBlindMs, first.atMs - lastLookMs);
  lastLookMs = first.atMs;
  if (new Set(first.activities.map(({ server }) => server)).size > 1) {
    const found = findOverlaps(first, look());
    const merged = mergeOverlaps(overlaps, found, 10 * options.everyMs);
    for (const overlap of merged.slice(overlaps.length)) notify(overlap);
    overlaps = merged.slice(0, entriesKept);
  }
  readTerm();
}, options.everyMs);

function look(): Look {
  const atMs = instantMs();
  if (options.mode === 'namespaces' && atMs - initsReadAtMs > 20) readInits(atMs);
  const processes = lookAtProcesses(atMs);
  const activities = [...processes, ...inits.flatMap(({ server, pid }) => lookInside(server, pid))];
  const active = new Set(activities.map(({ server }) => server));
  const frozen = active.size < 2 ? [] : [...active].filter((server) => isFrozen(server, processes));
  return { atMs, activities, frozen };
}

/** First processes of the servers, as the lab's manifest records them at each start. */
function readInits(atMs: number): void {
  initsReadAtMs = atMs;
  inits = readTraces(options.directory).flatMap((trace) =>
    trace.kind === 'process' && options.servers.includes(trace.what) && isAlive(trace)
      ? [{ server: trace.what, pid: trace.pid, namespace: readPidNamespace(trace.pid) }]
      : [],
  );
}

function lookAtProcesses(atMs: number): readonly Activity[] {
  const pids = listPids();
  const present = new Set(pids);
  for (const pid of elsewhere.keys()) if (!present.has(pid)) elsewhere.delete(pid);
  return pids.flatMap((pid): readonly Activity[] => {
    const known = elsewhere.get(pid);
    if (known && atMs < known.lookAgainMs) return [];
    const cwd = readCwd(pid);
    if (cwd !== options.dataDirectory && cwd?.startsWith(`${options.dataDirectory}/`) !== true) {
      const firstSeenMs = known?.firstSeenMs ?? atMs;
      elsewhere.set(pid, { firstSeenMs, lookAgainMs: atMs - firstSeenMs < youngMs ? atMs : atMs + restMs });
      return [];
    }
    elsewhere.delete(pid);
    const server = serverOf(pid);
    // Asked last: what was read before is true of a process that lives now.
    const stat = readStat(pid);
    if (!stat || server === undefined) return [];
    return [{ kind: 'process', server, identity: `${String(pid)}/${String(stat.startTicks)}` }];
  });
}

/** What is in the data directory and belongs to no server of the lab is one more writer. */
function serverOf(pid: number): string | undefined {
  if (options.mode === 'namespaces') {
    const namespace = readPidNamespace(pid);
    if (namespace === undefined) return undefined;
    return inits.find((init) => init.namespace === namespace)?.server ?? `outside, ${namespace}`;
  }
  const limit = readQueueLimit(pid);
  if (limit === undefined) return undefined;
  return options.servers.find((_, index) => queueLimitOf(options.number, index + 1) === limit) ?? 'outside';
}

function lookInside(server: string, pid: number): readonly Activity[] {
  const activities: Activity[] = [];
  const proc = `/proc/${String(pid)}`;
  for (const line of readText(`${proc}/mountinfo`).split('\n')) {
    const [id = '', , , , mountPoint] = line.split(' ');
    if (mountPoint === options.mountPoint)
      activities.push({ kind: 'mount', server, identity: `${server} mount ${id}` });
  }
  const table = readText(`${proc}/net/fib_trie`);
  const local = new RegExp(`\\|-- ${options.floatingAddress.replaceAll('.', '\\.')}\\n\\s+/32 host LOCAL`);
  if (local.test(table)) activities.push({ kind: 'address', server, identity: `${server} address` });
  return activities;
}

/** Frozen by its control group, or with every process that touches the data stopped. */
function isFrozen(server: string, processes: readonly Activity[]): boolean {
  const group = readTraces(options.directory).find((trace) => trace.kind === 'cgroup');
  if (group && readText(path.join(group.path, server, 'cgroup.events')).includes('frozen 1')) return true;
  const own = processes.filter((activity) => activity.server === server);
  return (
    own.length > 0 && own.every(({ identity }) => readStat(Number(identity.split('/')[0]))?.state === 'T')
  );
}

/** The volume kit writes who owns the volume on it, with the term. */
function readTerm(): void {
  const places =
    options.mode === 'loopback'
      ? [{ server: 'any', file: path.join(options.mountPoint, ownerFile) }]
      : inits.map(({ server, pid }) => ({
          server,
          file: `/proc/${String(pid)}/root${path.join(options.mountPoint, ownerFile)}`,
        }));
  for (const { server, file } of places) {
    const term = parseTerm(readText(file));
    const last = terms.at(-1);
    if (term === undefined || (last?.term === term && last.readOn === server)) continue;
    terms = [...terms, { term, readOn: server, atMs: instantMs() }].slice(-entriesKept);
  }
}

function parseTerm(text: string): number | undefined {
  try {
    const record: unknown = JSON.parse(text);
    if (typeof record !== 'object' || record === null || !('term' in record)) return undefined;
    return typeof record.term === 'number' ? record.term : undefined;
  } catch {
    return undefined;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
