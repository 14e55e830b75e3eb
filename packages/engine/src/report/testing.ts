import type { EventCode } from '@holdfast/contract';
import type { Desired, HierarchyStatus, InstanceState, StoreView } from '@holdfast/core';
import { aHierarchy, aServer, aSession, aView, inService, ownedBy } from '@holdfast/core/testing';
import type { EngineEvent } from '../ports.ts';
import type { Report } from './compose.ts';
import { followSign } from './follow.ts';
import { createReportMemory, type ReportMemory, type Sign } from './signs.ts';

/** Servers a, b and c; the hierarchy `db` on a volume and an address, as server `b` sees it. */
export const hierarchy = aHierarchy({ priorities: { a: 1, b: 10, c: 20 } });
const tags = hierarchy.resources.map(({ tag }) => tag);

export function allAre(
  state: InstanceState,
  server: string,
  changes: Readonly<Record<string, InstanceState>> = {},
): HierarchyStatus {
  const instances = tags.map((tag) => [tag, { state: changes[tag] ?? state, reason: undefined }] as const);
  return { server, hierarchy: 'db', incarnation: `${server}1`, instances: Object.fromEntries(instances) };
}

export interface Seen {
  readonly owner?: string | undefined;
  readonly term?: number;
  readonly status?: HierarchyStatus | undefined;
  readonly desired?: Desired;
  readonly gone?: readonly string[];
  readonly heardAt?: Readonly<Record<string, number>>;
  readonly operations?: StoreView['operations'];
}

/** A look that was sent 1 ms before it was seen. */
export function aLook(seenAt: number, seen: Seen): Sign {
  const { owner, term = 3, status, desired = inService, gone = [], heardAt = {}, operations = {} } = seen;
  const there = ['a', 'b', 'c'].filter((name) => !gone.includes(name));
  const view = aView({
    servers: { a: aServer('a'), b: aServer('b'), c: aServer('c') },
    hierarchies: { db: hierarchy },
    desired: { db: desired },
    terms: { db: term },
    owners: owner === undefined ? {} : { db: ownedBy(owner, term) },
    sessions: Object.fromEntries(there.map((name) => [name, aSession(name)])),
    operations,
  });
  const statuses = status ? [status] : [];
  return {
    kind: 'look',
    look: { sentAt: seenAt - 1, seenAt, view, statuses, heardAt, leaseTtlMs: 4_000 },
  };
}

export function anEvent(instant: number, code: EventCode, changes: Partial<EngineEvent> = {}): Sign {
  const event: EngineEvent = {
    code,
    severity: 'info',
    server: 'b',
    hierarchy: 'db',
    at: '2026-01-01T00:00:00.000Z',
    instant,
    facts: {},
    ...changes,
  };
  return { kind: 'event', event };
}

/** An event of this server that is of no hierarchy. */
export function aServerEvent(instant: number, code: EventCode, facts: EngineEvent['facts']): Sign {
  const at = '2026-01-01T00:00:00.000Z';
  return { kind: 'event', event: { code, severity: 'info', server: 'b', at, instant, facts } };
}

/** Everything is started, `eachMs` for each resource: volume and address side by side, then the database. */
export function aStart(from: number, eachMs: number): readonly Sign[] {
  return [
    anEvent(from, 'restore-started', { tag: 'volume' }),
    anEvent(from, 'restore-started', { tag: 'address' }),
    anEvent(from + eachMs, 'restored', { tag: 'volume' }),
    anEvent(from + eachMs, 'restored', { tag: 'address' }),
    anEvent(from + eachMs, 'restore-started', { tag: 'db' }),
    anEvent(from + 2 * eachMs, 'restored', { tag: 'db' }),
  ];
}

export function follow(
  signs: readonly Sign[],
  server = 'b',
): { readonly reports: readonly Report[]; readonly memory: ReportMemory } {
  let memory = createReportMemory(server, 'db');
  const reports: Report[] = [];
  for (const sign of signs) {
    const followed = followSign(memory, sign);
    memory = followed.memory;
    if (followed.report) reports.push(followed.report);
  }
  return { reports, memory };
}
