import type {
  Desired,
  FailureMark,
  Hierarchy,
  Operation,
  Owner,
  Resource,
  Server,
  Session,
  Term,
} from './model.ts';
import {
  noMemory,
  type HierarchyMemory,
  type InstanceActivity,
  type Observation,
  type StoreView,
} from './observation.ts';
import { defaultChecks, defaultRecovery } from './defaults.ts';
import { profiles } from './profile.ts';

/** Builders of what decisions are made from: two servers and a witness, and the hierarchy `db` on a volume with an address. */
export const goodLease: NonNullable<Observation['lease']> = {
  lease: '7',
  incarnation: 'a1',
  goodUntil: 12_000,
};

export function aResource(tag: string, kit: string, children: readonly string[] = []): Resource {
  return {
    tag,
    kit,
    parameters: {},
    children,
    instances: {},
    checks: defaultChecks,
    tunables: {},
  };
}

export function aHierarchy(changes: Partial<Hierarchy> = {}): Hierarchy {
  return {
    id: 'db',
    resources: [
      aResource('db', 'postgresql', ['volume', 'address']),
      aResource('volume', 'volume'),
      aResource('address', 'ip'),
    ],
    priorities: { a: 1, b: 10 },
    recovery: { ...defaultRecovery, attempts: 2, windowMs: 60_000, restMs: 30_000 },
    switchback: { kind: 'intelligent' },
    maintenance: false,
    ...changes,
  };
}

export function aServer(
  name: string,
  role: Server['role'] = 'member',
  changes: Partial<Server> = {},
): Server {
  return {
    name,
    role,
    addresses: ['10.0.0.1'],
    port: 7600,
    etcdClientPort: 2379,
    etcdPeerPort: 2380,
    etcd: 'voter',
    confirmFailover: false,
    blockFailover: false,
    shutdownStrategy: 'switchover',
    certificates: [],
    ...changes,
  };
}

export function aSession(server: string, changes: Partial<Session> = {}): Session {
  const incarnation = `${server}1`;
  return { server, incarnation, version: '1', lease: '7', accepting: true, ...changes };
}

export const inService: Desired & { readonly kind: 'in-service' } = {
  kind: 'in-service',
  operation: undefined,
  target: undefined,
  from: undefined,
};
export const outOfService: Desired = { kind: 'out-of-service', operation: undefined, by: 'operator' };

export function outOfServiceBy(operation: string): Desired {
  return { kind: 'out-of-service', operation, by: 'operator' };
}

export function movingTo(target: string, from?: string): Desired {
  return { kind: 'in-service', operation: 'op', target, from };
}

export function ownedBy(server: string, term: Term = 3, incarnation = `${server}1`): Owner {
  return { server, incarnation, term };
}

export function aMark(server: string, incarnation = `${server}1`): FailureMark {
  const reason = { code: 'does-not-start', facts: {} };
  return { hierarchy: 'db', server, incarnation, reason, at: '2026-01-01T00:00:00.000Z' };
}

export function anOperation(changes: Partial<Operation> = {}): Operation {
  return {
    id: 'op',
    kind: 'in-service',
    hierarchy: 'db',
    target: undefined,
    state: 'running',
    by: 'operator',
    at: '2026-01-01T00:00:00.000Z',
    reason: undefined,
    ...changes,
  };
}

export function aView(changes: Partial<StoreView> = {}): StoreView {
  return {
    revision: 100,
    settings: undefined,
    servers: { a: aServer('a'), b: aServer('b'), w: aServer('w', 'witness') },
    paths: [],
    hierarchies: { db: aHierarchy() },
    desired: { db: inService },
    terms: { db: 3 },
    owners: { db: ownedBy('a') },
    lastOwners: { db: 'a' },
    sessions: { a: aSession('a'), b: aSession('b') },
    failures: [],
    operations: {},
    ...changes,
  };
}

export const allStopped: Readonly<Record<string, InstanceActivity>> = {
  db: { state: 'stopped' },
  volume: { state: 'stopped' },
  address: { state: 'stopped' },
};

export function allRunning(term: Term = 3): Readonly<Record<string, InstanceActivity>> {
  const running: InstanceActivity = { state: 'running', term };
  return { db: running, volume: running, address: running };
}

export function failed(
  during: 'restore' | 'running' | 'remove' | 'kill',
  scope: 'server' | 'data' = 'server',
): InstanceActivity {
  return { state: 'failed', during, scope, reason: { code: 'does-not-start', facts: {} } };
}

/** What server `a` sees at instant 10,000. */
export function anObservation(
  given: {
    readonly view?: StoreView | undefined;
    readonly instances?: Readonly<Record<string, InstanceActivity>>;
    readonly memory?: Partial<HierarchyMemory>;
  } & Partial<Omit<Observation, 'store' | 'hierarchies'>> = {},
): Observation {
  const { view, instances = allStopped, memory, ...changes } = given;
  const known = 'view' in given ? view : aView();
  return {
    now: 10_000,
    self: { server: 'a', role: 'member', version: '1', accepting: true },
    profile: profiles.safe,
    lease: goodLease,
    store: known
      ? { state: 'known', value: known, at: 9_900 }
      : { state: 'unknown', since: 1_000, why: 'store-does-not-answer' },
    lastHierarchies: known?.hierarchies ?? { db: aHierarchy() },
    hierarchies: { db: { instances, memory: { ...noMemory, ...memory } } },
    repairedInPlace: ['ip'],
    sessionCommitting: false,
    sessionEnds: {},
    ...changes,
  };
}
