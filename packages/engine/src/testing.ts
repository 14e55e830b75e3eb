import { createKeys } from '@holdfast/contract';
import { defaultRecovery } from '@holdfast/core';
import * as core from '@holdfast/core/testing';
import { inService, outOfService } from '@holdfast/core/testing';
import type { Desired, Hierarchy, InstanceState, Operation, Owner, Resource, Session } from '@holdfast/core';
import type { StoreEntry, Transaction } from './ports.ts';
import type { RequestContext } from './requests.ts';
import { createSnapshotReader, type Snapshot } from './snapshot.ts';
import { put } from './transactions.ts';

export { inService, outOfService };

export const keys = createKeys('test');
export const wallTime = '2026-01-01T00:00:00.000Z';

/** A store in memory without time: transactions take place at once, leases are only names. */
export interface TestingStore {
  /** Writes a record without any condition. */
  set(key: string, record: object, lease?: string): void;
  /** Answers whether the conditions held. */
  commit(transaction: Transaction): boolean;
  snapshot(): Snapshot;
  entries(): readonly StoreEntry[];
  /** The record as it is; undefined when there is none. */
  get(key: string): Readonly<Record<string, unknown>> | undefined;
  keys(): readonly string[];
  leaseOf(key: string): string | undefined;
  request(): RequestContext;
}

export function createTestingStore(): TestingStore {
  const entries = new Map<string, StoreEntry>();
  let revision = 1;

  function holds({ key, ...compare }: Transaction['compare'][number]): boolean {
    const entry = entries.get(key);
    if (compare.is === 'unchanged') return entry?.modRevision === compare.modRevision;
    return (entry === undefined) === (compare.is === 'absent');
  }

  function commit({ compare, write }: Transaction): boolean {
    const names = write.map((one) => ('put' in one ? one.put : one.delete));
    if (new Set(names).size !== names.length) throw new Error('one key is written twice');
    if (!compare.every(holds)) return false;
    revision += 1;
    for (const one of write) {
      if ('delete' in one) entries.delete(one.delete);
      else {
        const createRevision = entries.get(one.put)?.createRevision ?? revision;
        const { put: key, value, lease = '0' } = one;
        entries.set(key, { key, value, createRevision, modRevision: revision, lease });
      }
    }
    return true;
  }

  function sorted(): readonly StoreEntry[] {
    return [...entries.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  function snapshot(): Snapshot {
    return createSnapshotReader(keys)(revision, sorted());
  }

  return {
    set: (key, record, lease) => void commit({ compare: [], write: [put(key, record, lease)] }),
    commit,
    snapshot,
    entries: sorted,
    get(key) {
      const value = entries.get(key)?.value;
      return value === undefined ? undefined : JSON.parse(value);
    },
    keys: () => [...entries.keys()].sort(),
    leaseOf: (key) => entries.get(key)?.lease,
    request: () => ({ keys, snapshot: snapshot(), by: 'operator', wallTime }),
  };
}

/** One of a kit that has no rules of its own. */
export function aResource(tag: string, children: readonly string[] = [], kit = 'generic'): Resource {
  return core.aResource(tag, kit, children);
}

/** `db` on `volume`, extended to servers a and b. */
export function aHierarchy(changes: Partial<Hierarchy> = {}): Hierarchy {
  return core.aHierarchy({
    resources: [aResource('db', ['volume']), aResource('volume')],
    recovery: { ...defaultRecovery, windowMs: 60_000, restMs: 30_000 },
    ...changes,
  });
}

export function setServer(store: TestingStore, name: string, role: 'member' | 'witness' = 'member'): void {
  store.set(keys.server(name), core.aServer(name, role));
}

export function setSession(store: TestingStore, server: string, changes: Partial<Session> = {}): void {
  const session = core.aSession(server, changes);
  store.set(keys.session(server), session, session.lease);
}

export function setOwner(store: TestingStore, hierarchy: string, owner: Owner): void {
  store.set(keys.owner(hierarchy), owner, '7');
  store.set(keys.term(hierarchy), { term: owner.term, server: owner.server });
}

export function setDesired(store: TestingStore, hierarchy: string, desired: Desired): void {
  store.set(keys.desired(hierarchy), desired);
}

export function setOperation(
  store: TestingStore,
  operation: Partial<Operation> & Pick<Operation, 'id'>,
): void {
  const defaults = {
    kind: 'in-service',
    hierarchy: 'db',
    state: 'running',
    by: 'operator',
    at: wallTime,
  } as const;
  store.set(keys.operation(operation.id), { ...defaults, ...operation });
}

export function setStatus(
  store: TestingStore,
  server: string,
  hierarchy: Hierarchy,
  state: InstanceState,
): void {
  const instances = Object.fromEntries(hierarchy.resources.map(({ tag }) => [tag, { state }]));
  store.set(keys.status(server, hierarchy.id), {
    server,
    hierarchy: hierarchy.id,
    incarnation: `${server}1`,
    instances,
  });
}

/** Two members and a witness, all there; `db` runs on server a in term 3. */
export function aRunningCluster(): TestingStore {
  const store = createTestingStore();
  for (const name of ['a', 'b']) {
    setServer(store, name);
    setSession(store, name);
  }
  setServer(store, 'w', 'witness');
  setSession(store, 'w');
  store.set(keys.revision, { revision: 5 });
  store.set(keys.hierarchy('db'), aHierarchy());
  setDesired(store, 'db', inService);
  setOwner(store, 'db', { server: 'a', incarnation: 'a1', term: 3 });
  setStatus(store, 'a', aHierarchy(), 'in-service');
  setStatus(store, 'b', aHierarchy(), 'standby');
  return store;
}

/** The same, out of service. */
export function aStoppedCluster(): TestingStore {
  const store = aRunningCluster();
  setDesired(store, 'db', outOfService);
  store.commit({ compare: [], write: [{ delete: keys.owner('db') }] });
  setStatus(store, 'a', aHierarchy(), 'standby');
  return store;
}
