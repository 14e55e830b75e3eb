import type { Keys } from '@holdfast/contract';
import type { Store } from '@holdfast/engine';

/** What etcd takes for an answer, from this server, now. Milliseconds with one digit. */
export interface Latency {
  readonly readP50Ms: number;
  readonly readP99Ms: number;
  readonly writeP50Ms: number;
  readonly writeP99Ms: number;
  readonly samples: number;
}

const mostSamples = 100;
const measureMs = 1_500;

/**
 * Measures linearizable reads and writes, for at most 3 s. The write is a transaction whose condition never holds: it goes
 * through consensus and every voter's log as any other, and changes nothing (etcd proposes each transaction that could
 * write). Rejects as the store does.
 */
export async function measureLatency(
  store: Store,
  keys: Keys,
  now: () => number = () => performance.now(),
): Promise<Latency> {
  const never = `${keys.root}doctor/never`;
  const reads = await sample(now, () => store.read(keys.revision));
  const writes = await sample(now, () =>
    store.commit({ compare: [{ key: never, is: 'present' }], write: [{ put: never, value: '' }] }),
  );
  return {
    readP50Ms: percentile(reads, 50),
    readP99Ms: percentile(reads, 99),
    writeP50Ms: percentile(writes, 50),
    writeP99Ms: percentile(writes, 99),
    samples: Math.min(reads.length, writes.length),
  };
}

async function sample(now: () => number, ask: () => Promise<unknown>): Promise<readonly number[]> {
  const taken: number[] = [];
  const end = now() + measureMs;
  while (taken.length < mostSamples && now() < end) {
    const before = now();
    await ask();
    taken.push(now() - before);
  }
  return taken;
}

/** The value that so many of a hundred do not exceed (nearest rank), to a tenth. */
export function percentile(values: readonly number[], rank: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = Math.max(0, Math.ceil((rank / 100) * sorted.length) - 1);
  return Math.round((sorted[at] ?? 0) * 10) / 10;
}
