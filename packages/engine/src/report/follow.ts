import { because, type Reason, type Tag } from '@holdfast/core';
import type { EngineEvent } from '../ports.ts';
import { composeReport, type Report } from './compose.ts';
import { beginIncident, changeIncident, withStep, type PlainStep } from './incident.ts';
import { followLook } from './look.ts';
import { becomeOwner, causeOfMove } from './own.ts';
import type { ReportMemory, Sign } from './signs.ts';

export interface Followed {
  readonly memory: ReportMemory;
  /** Present when this sign completes a report. */
  readonly report: Report | undefined;
}

/** Decisions that go without saying. */
const untold = new Set(['in-service', 'standing-by', 'owned']);

/**
 * Takes one more sign of one hierarchy in. Pure: the report follows from the sequence of signs alone. Only the server that
 * brought the hierarchy in service makes the report; what ends elsewhere is forgotten here.
 */
export function followSign(memory: ReportMemory, sign: Sign): Followed {
  switch (sign.kind) {
    case 'look':
      return { memory: followLook(memory, sign.look), report: undefined };
    case 'good': {
      const goodChecks = { ...memory.goodChecks, [`${sign.tag} ${sign.depth}`]: sign.at };
      return { memory: { ...memory, goodChecks }, report: undefined };
    }
    case 'decided': {
      const { code, facts } = sign.reason;
      if (untold.has(code)) return { memory, report: undefined };
      return { memory: withStep(memory, { at: sign.at, code, facts }), report: undefined };
    }
    case 'event':
      return followEvent(memory, sign.event);
    default:
      return sign satisfies never;
  }
}

function followEvent(memory: ReportMemory, event: EngineEvent): Followed {
  const { instant: at, code, facts, tag } = event;
  const step: PlainStep = { at, code, facts, tag };
  if (event.hierarchy === undefined) return { memory: withStep(memory, step), report: undefined };
  switch (code) {
    case 'owner-acquired':
      return going(withStep(becomeOwner(memory, Number(facts['term'] ?? 0)), step));
    case 'resource-failed':
    case 'restore-failed':
    case 'recover-failed':
      return going(withStep(down(beginFailure(memory, event), tag), step));
    case 'restore-started':
    case 'recover-started':
      return going(withStep(busy(memory, tag), step));
    case 'remove-started':
    case 'kill-started':
      return going(withStep(busy(down(beginStop(memory, event), tag), tag), step));
    case 'removed':
    case 'killed':
    case 'remove-failed':
    case 'kill-failed':
    case 'action-abandoned':
      return going(withStep(idle(down(memory, tag), tag), step));
    case 'restored':
    case 'recovered':
    case 'found-running':
      return complete(withStep(idle(up(memory, tag), tag), step), event);
    case 'gave-up':
      return facts['scope'] === 'data' ? rest(memory, event) : going(withStep(memory, step));
    case 'given-away':
      return rest(memory, event);
    case 'failover-blocked-here':
    case 'failovers-used-up-here':
      return rest(memory, event, because(code, facts));
    case 'operation-ended':
      return going(memory);
    default:
      return going(withStep(memory, step));
  }
}

function going(memory: ReportMemory): Followed {
  return { memory, report: undefined };
}

/** Of the whole hierarchy where no resource is named. */
function tagsOf(memory: ReportMemory, tag: Tag | undefined): readonly Tag[] {
  return tag === undefined ? (memory.hierarchy?.resources.map((one) => one.tag) ?? []) : [tag];
}

function down(memory: ReportMemory, tag: Tag | undefined): ReportMemory {
  return { ...memory, down: [...new Set([...memory.down, ...tagsOf(memory, tag)])] };
}

function up(memory: ReportMemory, tag: Tag | undefined): ReportMemory {
  const tags = tagsOf(memory, tag);
  return { ...memory, down: memory.down.filter((one) => !tags.includes(one)) };
}

function busy(memory: ReportMemory, tag: Tag | undefined): ReportMemory {
  return { ...memory, busy: [...new Set([...memory.busy, ...tagsOf(memory, tag)])] };
}

function idle(memory: ReportMemory, tag: Tag | undefined): ReportMemory {
  const tags = tagsOf(memory, tag);
  return { ...memory, busy: memory.busy.filter((one) => !tags.includes(one)) };
}

function isOwnedHere({ owner, server, view, hierarchy }: ReportMemory): boolean {
  return owner === server && hierarchy !== undefined && view?.desired[hierarchy.id]?.kind === 'in-service';
}

/** Something that ran here has failed: it was last known to be well when a check said so. */
function beginFailure(memory: ReportMemory, event: EngineEvent): ReportMemory {
  const { server } = memory;
  const { tag = '', facts, instant } = event;
  if (memory.incident || !isOwnedHere(memory) || memory.down.includes(tag)) return memory;
  const depth = facts['check'] === 'deep' ? 'deep' : 'quick';
  const checkedAt = memory.goodChecks[`${tag} ${depth}`];
  const sign: PlainStep =
    checkedAt === undefined
      ? { at: instant, tag, code: 'first-bad-sign', facts: {} }
      : { at: Math.min(checkedAt, instant), tag, code: 'last-good-check', facts: { check: depth } };
  return beginIncident(memory, { from: server, sign, cause: causeOf(facts) });
}

/** It ran until its stop began. */
function beginStop(memory: ReportMemory, { instant, tag }: EngineEvent): ReportMemory {
  const { server, view, hierarchy } = memory;
  if (memory.incident || memory.down.length > 0 || !isOwnedHere(memory)) return memory;
  const desired = hierarchy && view?.desired[hierarchy.id];
  const target = desired?.kind === 'in-service' ? desired.target : undefined;
  const cause = view && hierarchy ? causeOfMove(view, hierarchy.id) : undefined;
  const sign = { at: instant, tag, code: 'stop-began', facts: {} };
  return beginIncident(memory, { from: server, sign, cause, target });
}

/** The code of the reason stands in the fact `cause`, the reason's own facts beside it. */
function causeOf({ cause, ...facts }: EngineEvent['facts']): Reason | undefined {
  return typeof cause === 'string' && cause !== '' ? because(cause, facts) : undefined;
}

/** It stays out of service for now, and is tried again: a report of its own, once for each incident. */
function rest(memory: ReportMemory, event: EngineEvent, why = causeOf(event.facts)): Followed {
  const { instant: at, code, facts, tag } = event;
  const stepped = withStep(beginFailure(memory, event), { at, code, facts, tag });
  const { incident } = stepped;
  if (!incident || incident.rested) return going(stepped);
  const report = composeReport(stepped, { at, wallTime: event.at, outcome: 'resting', cause: why });
  return { memory: changeIncident(stepped, { rested: true }), report };
}

/** In service again when everything runs here. */
function complete(memory: ReportMemory, event: EngineEvent): Followed {
  const { instant: at, tag } = event;
  const well = { ...memory, goodChecks: withGoodChecks(memory, tag, at) };
  if (well.down.length > 0 || !well.incident) return going(well);
  const ended = withStep(well, { at, code: 'all-in-service', facts: { term: well.term } });
  const report = composeReport(ended, { at, wallTime: event.at, outcome: 'in-service', cause: undefined });
  return { memory: { ...ended, incident: undefined }, report };
}

function withGoodChecks({ goodChecks }: ReportMemory, tag: Tag = '', at: number): ReportMemory['goodChecks'] {
  return { ...goodChecks, [`${tag} quick`]: at, [`${tag} deep`]: at };
}
