import { hierarchyRecord, recordFormat } from '@holdfast/contract';
import {
  allow,
  judgeDependencies,
  refuse,
  type Hierarchy,
  type Resource,
  type ServerName,
  type StoreView,
  type Tag,
  type Verdict,
} from '@holdfast/core';
import { runningOperation, runsWholly } from './requests.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Things that only one resource of the cluster may have, for example its port or its data directory (K-05). The kits
 * know them; equal texts collide.
 */
export type Claims = (resource: Resource) => readonly string[];

/** The rules that every configuration keeps, whatever change leads to it (H-01, H-02, K-04, K-05, K-11). */
export function judgeHierarchy(view: StoreView, hierarchy: Hierarchy, claims: Claims = () => []): Verdict {
  const parsed = hierarchyRecord.safeParse({ formatVersion: recordFormat, ...hierarchy });
  // A record that no daemon can read would stop every daemon from deciding anything.
  if (!parsed.success)
    return refuse('configuration-not-valid', { problem: parsed.error.issues[0]?.message ?? '' });
  return firstRefusal(
    () => judgeTags(view, hierarchy),
    () => judgeDependencies(hierarchy.resources),
    () => judgePriorities(view, hierarchy),
    () => judgeClaims(view, hierarchy, claims),
  );
}

function judgeTags(view: StoreView, hierarchy: Hierarchy): Verdict {
  const others = Object.values(view.hierarchies).filter(({ id }) => id !== hierarchy.id);
  const taken = new Set(others.flatMap((other) => other.resources.map(({ tag }) => tag)));
  for (const { tag } of hierarchy.resources) {
    if (taken.has(tag)) return refuse('tag-in-use', { tag });
    taken.add(tag);
  }
  return allow();
}

function judgePriorities(view: StoreView, hierarchy: Hierarchy): Verdict {
  const holders = new Map<number, ServerName>();
  for (const [server, priority] of Object.entries(hierarchy.priorities)) {
    const known = view.servers[server];
    if (!known) return refuse('unknown-server', { server });
    if (known.role !== 'member') return refuse('not-a-member', { server });
    const holder = holders.get(priority);
    if (holder !== undefined) return refuse('priority-in-use', { priority, server: holder });
    holders.set(priority, server);
  }
  return holders.size > 0 ? allow() : refuse('on-no-server', { hierarchy: hierarchy.id });
}

function judgeClaims(view: StoreView, hierarchy: Hierarchy, claims: Claims): Verdict {
  const others = Object.values(view.hierarchies).filter(({ id }) => id !== hierarchy.id);
  const holders = new Map<string, Tag>();
  for (const resource of [...others, hierarchy].flatMap(({ resources }) => resources)) {
    for (const claim of claims(resource)) {
      const holder = holders.get(claim);
      if (holder !== undefined && holder !== resource.tag)
        return refuse('claimed-already', { claim, tag: holder });
      holders.set(claim, resource.tag);
    }
  }
  return allow();
}

/** K-13: a hierarchy is let go only where nothing of it is under way, and every server can hear of it. */
export function judgeDeletion(snapshot: Snapshot, hierarchy: Hierarchy): Verdict {
  const { view } = snapshot;
  const { id } = hierarchy;
  const running = runningOperation(view, id);
  if (running) return refuse('operation-running', { operation: running.id, hierarchy: id });
  const away = Object.keys(hierarchy.priorities).filter((server) => !view.sessions[server]);
  if (away.length > 0) return refuse('servers-not-there', { servers: away.join(', ') });
  const owner = view.owners[id];
  const settled = owner
    ? view.desired[id]?.kind === 'in-service' && runsWholly(snapshot, hierarchy, owner.server)
    : view.desired[id]?.kind === 'out-of-service';
  return settled ? allow() : refuse('hierarchy-not-settled', { hierarchy: id });
}

/** K-12: it is taken only from servers where nothing of it is in service, and that say so themselves. */
export function judgeUnextended(
  snapshot: Snapshot,
  before: Hierarchy,
  after: Hierarchy,
  force: boolean,
): Verdict {
  const { view } = snapshot;
  const { id } = before;
  const desired = view.desired[id];
  for (const server of Object.keys(before.priorities)) {
    if (after.priorities[server] !== undefined) continue;
    if (view.owners[id]?.server === server) return refuse('in-service-there', { hierarchy: id, server });
    if (desired?.kind === 'in-service' && desired.target === server)
      return refuse('operation-running', { operation: desired.operation ?? '', hierarchy: id });
    if (!force && !isStoppedOn(snapshot, before, server))
      return refuse('not-known-to-be-stopped', { hierarchy: id, server });
  }
  return allow();
}

/** By that server's own word of this life: nothing of it is active there. */
export function isStoppedOn({ view, statuses }: Snapshot, hierarchy: Hierarchy, server: ServerName): boolean {
  const status = statuses.find((one) => one.server === server && one.hierarchy === hierarchy.id);
  return (
    status !== undefined &&
    status.incarnation === view.sessions[server]?.incarnation &&
    hierarchy.resources.every(({ tag }) => status.instances[tag]?.state === 'standby')
  );
}

/** What runs was started with the old parameters and must be stopped with them. */
export function judgeParameters(
  view: StoreView,
  before: Hierarchy,
  after: Hierarchy,
  isLive: (kit: string, field: string) => boolean,
): Verdict {
  const stopped = !view.owners[before.id] && view.desired[before.id]?.kind === 'out-of-service';
  if (stopped) return allow();
  for (const old of before.resources) {
    const next = after.resources.find(({ tag }) => tag === old.tag);
    if (!next) continue;
    if (next.kit !== old.kit) return refuse('only-while-out-of-service', { tag: old.tag, field: 'kit' });
    const servers = Object.keys(before.priorities).filter((server) => after.priorities[server] !== undefined);
    for (const server of servers) {
      const was = { ...old.parameters, ...old.instances[server] };
      const is = { ...next.parameters, ...next.instances[server] };
      const field = [...new Set([...Object.keys(was), ...Object.keys(is)])].find(
        (name) => JSON.stringify(was[name]) !== JSON.stringify(is[name]) && !isLive(old.kit, name),
      );
      if (field !== undefined) return refuse('only-while-out-of-service', { tag: old.tag, field });
    }
  }
  return allow();
}

export function firstRefusal(...judges: readonly (() => Verdict)[]): Verdict {
  for (const judge of judges) {
    const verdict = judge();
    if (!verdict.allowed) return verdict;
  }
  return allow();
}
