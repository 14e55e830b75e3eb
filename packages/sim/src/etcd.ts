import type { Compare, StoreEntry, Transaction, Write } from '@holdfast/engine/ports';
import type { Random } from './random.ts';
import type { Scheduler, TrueMs } from './scheduler.ts';

/** A change that a commit or the end of a lease has made; what the checkers look at. */
export interface StoreChange {
  readonly key: string;
  readonly before: StoreEntry | undefined;
  readonly after: StoreEntry | undefined;
  readonly cause: 'commit' | 'lease';
}

/** etcd as seen from outside: one linearizable store with leases, and times in which nothing answers. */
export interface Etcd {
  /** Does it now, or, when there is no leader, perhaps once there is one again. */
  arrive(what: 'lease' | 'data', act: () => void): void;
  commit(transaction: Transaction): boolean;
  read(prefix: string): { readonly revision: number; readonly entries: readonly StoreEntry[] };
  get(key: string): StoreEntry | undefined;
  grant(ttlMs: number): { readonly lease: string; readonly ttlMs: number };
  /** The new time to live, milliseconds; 0 when the lease is over. */
  keepAlive(lease: string): number;
  revoke(lease: string): void;
  /** Is the lease neither over nor unknown? */
  isAlive(lease: string): boolean;
  watch(prefix: string, onChange: () => void): () => void;
  hasLeader(): boolean;
  /** Reads and writes wait, leases are kept up. */
  stall(): void;
  goOn(): void;
  /** Nothing answers until {@link elect}. */
  loseLeader(): void;
  /** A new leader gives every lease its full time again, and an election timeout more (etcd, lease/lessor.go, Promote). */
  elect(): void;
}

export interface EtcdOptions {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly electionMs: number;
  readonly onChange: (change: StoreChange) => void;
  readonly onLeaseEnd: (lease: string) => void;
}

interface Lease {
  readonly ttlMs: number;
  expiresAt: TrueMs;
  isOver: boolean;
  cancel: () => void;
  readonly keys: Set<string>;
}

/** etcd looks for ended leases twice a second (lease/lessor.go). */
const expiryLagMs = 500;
/** What a leaderless etcd keeps in hand; the rest is answered with an error that nobody hears. */
const mostParked = 64;

export function createEtcd(options: EtcdOptions): Etcd {
  const { scheduler, random, electionMs } = options;
  const entries = new Map<string, StoreEntry>();
  const leases = new Map<string, Lease>();
  const watches = new Set<{ readonly prefix: string; readonly onChange: () => void }>();
  const reads = new Map<string, readonly StoreEntry[]>();
  let revision = 1;
  let leaseCount = 0;
  let leader = true;
  let stalled = false;
  let waiting: (() => void)[] = [];
  let parked: (() => void)[] = [];

  function arrive(what: 'lease' | 'data', act: () => void): void {
    if (leader && !(stalled && what === 'data')) act();
    else if (leader && waiting.length < mostParked) waiting.push(act);
    else if (parked.length < mostParked && random.chance(0.3)) parked.push(act);
  }

  function holds(compare: Compare): boolean {
    const entry = entries.get(compare.key);
    switch (compare.is) {
      case 'absent':
        return entry === undefined;
      case 'present':
        return entry !== undefined;
      case 'unchanged':
        return entry?.modRevision === compare.modRevision;
      default:
        return compare satisfies never;
    }
  }

  function commit({ compare, write }: Transaction): boolean {
    const names = write.map((one) => ('put' in one ? one.put : one.delete));
    if (new Set(names).size !== names.length) throw new Error('duplicate key given in txn request');
    if (!compare.every(holds)) return false;
    for (const one of write) {
      if ('put' in one && one.lease !== undefined && !leases.has(one.lease))
        throw new Error('requested lease not found');
    }
    const changing = write.filter((one) => 'put' in one || entries.has(one.delete));
    if (changing.length === 0) return true;
    revision += 1;
    const changes = changing.map(apply);
    tell(changes);
    return true;
  }

  function apply(write: Write): StoreChange {
    const key = 'put' in write ? write.put : write.delete;
    const before = entries.get(key);
    if (before && before.lease !== '0') leases.get(before.lease)?.keys.delete(key);
    if (!('put' in write)) {
      entries.delete(key);
      return { key, before, after: undefined, cause: 'commit' };
    }
    const { value, lease = '0' } = write;
    const after = {
      key,
      value,
      createRevision: before?.createRevision ?? revision,
      modRevision: revision,
      lease,
    };
    entries.set(key, after);
    if (lease !== '0') leases.get(lease)?.keys.add(key);
    return { key, before, after, cause: 'commit' };
  }

  function tell(changes: readonly StoreChange[]): void {
    reads.clear();
    for (const change of changes) options.onChange(change);
    for (const { prefix, onChange } of watches) {
      if (changes.some(({ key }) => key.startsWith(prefix))) onChange();
    }
  }

  function read(prefix: string): { readonly revision: number; readonly entries: readonly StoreEntry[] } {
    let found = reads.get(prefix);
    if (!found) {
      found = [...entries.values()]
        .filter(({ key }) => key.startsWith(prefix))
        .sort((a, b) => (a.key < b.key ? -1 : 1));
      reads.set(prefix, found);
    }
    return { revision, entries: found };
  }

  function grant(ttlMs: number): { readonly lease: string; readonly ttlMs: number } {
    leaseCount += 1;
    const name = String(1000 + leaseCount);
    const lease: Lease = { ttlMs, expiresAt: 0, isOver: false, cancel: () => {}, keys: new Set() };
    leases.set(name, lease);
    prolong(name, lease, ttlMs);
    return { lease: name, ttlMs };
  }

  function prolong(name: string, lease: Lease, forMs: number): void {
    lease.cancel();
    lease.expiresAt = scheduler.now() + forMs;
    const cancel = scheduler.after(forMs, () => {
      if (!leader) return;
      lease.isOver = true;
      options.onLeaseEnd(name);
      lease.cancel = scheduler.after(random.between(0, expiryLagMs), () => {
        if (leader) end(name, lease);
      });
    });
    lease.cancel = cancel;
  }

  function end(name: string, lease: Lease): void {
    lease.cancel();
    lease.isOver = true;
    leases.delete(name);
    if (lease.keys.size === 0) return;
    revision += 1;
    tell(
      [...lease.keys].map((key) => {
        const before = entries.get(key);
        entries.delete(key);
        return { key, before, after: undefined, cause: 'lease' };
      }),
    );
  }

  function loseLeader(): void {
    leader = false;
    for (const lease of leases.values()) lease.cancel();
  }

  function elect(): void {
    if (leader) return;
    leader = true;
    for (const [name, lease] of leases) {
      // A lease whose end the old leader had not carried out yet lives on.
      lease.isOver = false;
      prolong(name, lease, lease.ttlMs + electionMs);
    }
    const late = parked;
    parked = [];
    for (const act of late) act();
  }

  return {
    arrive,
    commit,
    read,
    get: (key) => entries.get(key),
    grant,
    keepAlive(name) {
      const lease = leases.get(name);
      if (!lease || lease.isOver) return 0;
      prolong(name, lease, lease.ttlMs);
      return lease.ttlMs;
    },
    revoke(name) {
      const lease = leases.get(name);
      if (!lease) return;
      options.onLeaseEnd(name);
      end(name, lease);
    },
    isAlive: (name) => leases.get(name)?.isOver === false,
    watch(prefix, onChange) {
      const one = { prefix, onChange };
      watches.add(one);
      return () => watches.delete(one);
    },
    hasLeader: () => leader,
    stall() {
      stalled = true;
    },
    goOn() {
      stalled = false;
      const all = waiting;
      waiting = [];
      for (const act of all) arrive('data', act);
    },
    loseLeader,
    elect,
  };
}
