import type { TakeoverEstimate } from '../kit.ts';
import { loginOf, observeCluster, readLockFile, type Cluster } from './cluster.ts';
import { readControlFile, type ControlFile } from './control-file.ts';
import { walPosition } from './statements.sql.ts';

/** How fast a crash recovery went here: kept for each data directory as long as the daemon lives. */
export interface ReplayRate {
  readonly bytesPerSecond: number;
}

/**
 * Until a crash recovery has been seen: replay is one process's work, mostly of full page images after a checkpoint, and
 * so slow only on a poor disk. Better too long than too short.
 */
const defaultBytesPerSecond = 50 * 1024 * 1024;

/** A start without anything to replay: processes, shared memory, the checkpoint at the end of recovery. */
const fixedMs = 400;

/** Less write-ahead log than this says nothing of a rate: the fixed part counts for more. */
const smallestMeasuredBytes = 16 * 1024 * 1024;
const slowestBytesPerSecond = 1024 * 1024;
const looksAtMost = 3;

/**
 * How long a crash recovery would take now: the write-ahead log since the last checkpoint's redo position, by the rate
 * that was measured here or a cautious one (B-06). `undefined` where nothing runs, or no answer comes in time.
 */
export async function performEstimate(
  cluster: Cluster,
  deadline: number,
): Promise<TakeoverEstimate | undefined> {
  const { host, parameters, state } = cluster;
  const sight = await observeCluster(cluster);
  if (sight.kind !== 'running') return undefined;
  const login = await loginOf(cluster, await readLockFile(cluster));
  const leftMs = Math.max(1, deadline - host.clock.now());
  const rows = await state.connections.ask(login, walPosition, leftMs).catch(() => []);
  const position = rows[0]?.['position'];
  const control = await readControl(cluster);
  if (typeof position !== 'string' || !control) return undefined;
  const walBytes = bytesBetween(control.redo, position);
  const measured = state.replayRates.get(parameters.dataDirectory);
  const replayBytesPerSecond = measured?.bytesPerSecond ?? defaultBytesPerSecond;
  return {
    walBytes,
    estimateMs: Math.round(fixedMs + (walBytes / replayBytesPerSecond) * 1000),
    basis: measured ? 'measured' : 'default',
    replayBytesPerSecond: Math.round(replayBytesPerSecond),
  };
}

/** The control file may be torn by a write at the moment of the look. */
async function readControl({ host, parameters }: Cluster): Promise<ControlFile | undefined> {
  for (let look = 0; look < looksAtMost; look += 1) {
    const control = await readControlFile(host.files, parameters.dataDirectory).catch(() => undefined);
    if (control) return control;
  }
  return undefined;
}

/** Begins to measure a start. What is called with its end keeps the rate, when it was a crash recovery worth the name. */
export async function measureRecovery(cluster: Cluster): Promise<() => Promise<void>> {
  const { host, parameters, state } = cluster;
  const before = await readControl(cluster);
  const startedAt = host.clock.now();
  return async () => {
    const tookMs = host.clock.now() - startedAt;
    if (!before || before.state === 'shut-down') return;
    const after = await readControl(cluster);
    const bytes = after ? bytesBetween(before.redo, after.redo) : 0;
    if (bytes < smallestMeasuredBytes) return;
    const seconds = Math.max(tookMs - fixedMs, 1) / 1000;
    const bytesPerSecond = Math.max(slowestBytesPerSecond, bytes / seconds);
    state.replayRates.set(parameters.dataDirectory, { bytesPerSecond });
  };
}

/** Bytes from one position in the write-ahead log to a later one, both as PostgreSQL prints them. */
export function bytesBetween(from: string, to: string): number {
  const bytes = parsePosition(to) - parsePosition(from);
  return bytes > 0n ? Number(bytes) : 0;
}

function parsePosition(text: string): bigint {
  const [, high = '0', low = '0'] = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text) ?? [];
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}
