import {
  because,
  failureOf,
  type Hierarchy,
  type HierarchyStatus,
  type InstanceState,
  type Reason,
  type ServerName,
} from '@holdfast/core';
import { beginIncident, changeIncident, withStep, type PlainStep } from './incident.ts';
import { becomeOwner, causeOfMove } from './own.ts';
import { isWell } from './phase.ts';
import { createReportMemory, type Look, type ReportMemory } from './signs.ts';

/** A heartbeat that is older than this many lease times before the owner was last seen says nothing: that path was dead. */
const leasesOfSilence = 3;

const seenStates: Readonly<Record<InstanceState, string>> = {
  'in-service': 'seen-in-service',
  standby: 'seen-standby',
  starting: 'seen-starting',
  stopping: 'seen-stopping',
  failed: 'seen-failed',
  degraded: 'seen-degraded',
  unknown: 'seen-unknown',
};

/** Takes a look at the store in: who owns the hierarchy now, and how it is there. */
export function followLook(memory: ReportMemory, look: Look): ReportMemory {
  const { view } = look;
  const { id } = memory;
  const hierarchy = view.hierarchies[id];
  if (!hierarchy) return createReportMemory(memory.server, id);
  // A look that was sent before a commit of this server may be answered after it.
  if ((view.terms[id] ?? 0) < memory.term) return memory;
  const owner = view.owners[id]?.server;
  const known = memory.view !== undefined;
  const seen: ReportMemory = { ...memory, hierarchy, view };
  if (view.desired[id]?.kind !== 'in-service') return forget(seen, owner, view.owners[id]?.term);
  if (owner === memory.server) return followOwn(seen, look, known);
  if (owner !== undefined) return followOther(seen, look, hierarchy, owner);
  return followNobody(seen, look);
}

/** Out of service on request: nothing that happens is an incident (S6). */
function forget(memory: ReportMemory, owner: ServerName | undefined, term = memory.term): ReportMemory {
  return {
    ...memory,
    owner,
    term,
    status: undefined,
    lastGood: undefined,
    incident: undefined,
    down: [],
    busy: [],
  };
}

function followOwn(memory: ReportMemory, look: Look, known: boolean): ReportMemory {
  const term = look.view.owners[memory.id]?.term ?? memory.term;
  if (memory.owner === memory.server && memory.term === term) return memory;
  if (!known) return becomeOwner(memory, term);
  const begun =
    memory.owner !== undefined && memory.owner !== memory.server
      ? beginElsewhere(memory, look, memory.owner)
      : memory;
  const step = { at: look.seenAt, code: 'owned-by', facts: { server: memory.server, term } };
  return withStep(becomeOwner(noteMove(begun, look, memory.server), term), step);
}

function followOther(
  memory: ReportMemory,
  look: Look,
  hierarchy: Hierarchy,
  owner: ServerName,
): ReportMemory {
  const term = look.view.owners[hierarchy.id]?.term ?? 0;
  const incarnation = look.view.owners[hierarchy.id]?.incarnation;
  const status = look.statuses.find(
    (one) => one.server === owner && one.hierarchy === hierarchy.id && one.incarnation === incarnation,
  );
  const before = memory.owner;
  const moved = before !== undefined && (before !== owner || memory.term !== term);
  const begun = moved && before !== memory.server ? beginElsewhere(memory, look, before) : memory;
  const here: ReportMemory = { ...begun, owner, term, status, down: [], busy: [] };
  if (isWell(hierarchy, status)) {
    const lastGood = { at: look.sentAt, server: owner };
    return { ...here, lastGood, incident: undefined };
  }
  const told = beginElsewhere(here, look, owner);
  const owned = moved
    ? withStep(told, { at: look.seenAt, server: owner, code: 'owned-by', facts: { server: owner, term } })
    : told;
  return noteMove(tellStates(owned, look, moved ? undefined : memory.status), look, owner);
}

/** The owner key is gone, or has never been seen. */
function followNobody(memory: ReportMemory, look: Look): ReportMemory {
  const before = memory.owner;
  const nobody: ReportMemory = { ...memory, owner: undefined, status: undefined, down: [], busy: [] };
  if (before === undefined) {
    if (memory.incident) return noteMove(nobody, look, undefined);
    const sign = { at: look.seenAt, code: 'nobody-has-it', facts: {} };
    return noteMove(beginIncident(nobody, { from: undefined, sign, cause: undefined }), look, undefined);
  }
  const begun = before === memory.server ? beginHere(nobody, look) : beginLost(nobody, look, before);
  return withStep(noteMove(begun, look, undefined), {
    at: look.seenAt,
    server: before,
    code: 'owner-gone',
    facts: { server: before, term: memory.term },
  });
}

function beginHere(memory: ReportMemory, look: Look): ReportMemory {
  const sign = { at: look.seenAt, code: 'first-bad-sign', facts: {} };
  return beginIncident(memory, { from: memory.server, sign, cause: because('lease-lost') });
}

/** The owner is gone although all was well there: its last sign of life counts. */
function beginLost(memory: ReportMemory, look: Look, lost: ServerName): ReportMemory {
  const good = memory.lastGood;
  if (good?.server !== lost) return beginElsewhere(memory, look, lost);
  const heardAt = look.heardAt[lost];
  const isHeard = heardAt !== undefined && heardAt >= good.at - leasesOfSilence * look.leaseTtlMs;
  const sign: PlainStep =
    isHeard && heardAt < good.at
      ? { at: heardAt, server: lost, code: 'last-heartbeat', facts: { server: lost } }
      : { at: good.at, server: lost, code: 'last-good-look', facts: { server: lost } };
  return beginIncident(memory, { from: lost, sign, cause: because('lease-ended', { server: lost }) });
}

/** Something is not well on the owner, and it says so itself. */
function beginElsewhere(memory: ReportMemory, look: Look, owner: ServerName): ReportMemory {
  const good = memory.lastGood;
  if (good?.server !== owner) return memory;
  const sign = { at: good.at, server: owner, code: 'last-good-look', facts: { server: owner } };
  return beginIncident(memory, { from: owner, sign, cause: causeThere(memory, look, owner) });
}

/** Why the owner is not well, as far as it has said: its failure mark, or the reason of an instance. */
function causeThere({ id, status }: ReportMemory, look: Look, owner: ServerName): Reason | undefined {
  const mark = failureOf(look.view, id, owner);
  if (mark) return mark.reason;
  return Object.values(status?.instances ?? {}).find(({ state }) => state === 'failed')?.reason;
}

/** Follows where an operator wants it, and where it has been meanwhile. */
function noteMove(memory: ReportMemory, look: Look, owner: ServerName | undefined): ReportMemory {
  const { incident, id } = memory;
  if (!incident) return memory;
  const desired = look.view.desired[id];
  const target = desired?.kind === 'in-service' ? desired.target : undefined;
  const from = incident.from;
  const elsewhere = owner !== undefined && owner !== from && owner !== memory.server;
  const cause = incident.cause ?? causeOfMove(look.view, id);
  return changeIncident(memory, {
    target: incident.target ?? target,
    elsewhere: incident.elsewhere || elsewhere,
    cause: cause ?? (from === undefined ? undefined : causeThere(memory, look, from)),
  });
}

/** What the owner says of its instances, where that has changed. */
function tellStates(memory: ReportMemory, look: Look, before: HierarchyStatus | undefined): ReportMemory {
  const { owner, status } = memory;
  if (owner === undefined || !status || !memory.incident) return memory;
  return Object.entries(status.instances)
    .filter(([tag, { state }]) => before?.instances[tag]?.state !== state)
    .reduce<ReportMemory>((told, [tag, { state, reason }]) => {
      const facts = reason ? { cause: reason.code, ...reason.facts } : {};
      return withStep(told, { at: look.seenAt, server: owner, tag, code: seenStates[state], facts });
    }, memory);
}
