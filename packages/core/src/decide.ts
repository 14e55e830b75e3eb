import { activityOf, lookActions, runActions, stopActions } from './course.ts';
import type { Action, Decision, HierarchyDecision, OperationEnd } from './decision.ts';
import { chooseRow, type Course, type HierarchyFacts } from './hierarchy-table.ts';
import type { Desired, Hierarchy, Owner } from './model.ts';
import {
  noMemory,
  type HierarchyObservation,
  type InstanceActivity,
  type Observation,
  type StoreView,
} from './observation.ts';
import { maintenanceOf, restsUntil, switchbackOperation, tooManyMoves, unsteadyServers } from './policy.ts';
import {
  candidates,
  failureOf,
  judgeEligible,
  judgeSwitchback,
  judgeTakeover,
  type SwitchbackVerdict,
  type Takeover,
} from './takeover.ts';
import type { InstantMs } from './time.ts';
import { because, type Reason } from './verdict.ts';

const outOfService: Desired = { kind: 'out-of-service', operation: undefined, by: 'nobody' };
const nothingSeen: HierarchyObservation = { instances: {}, memory: noMemory };

/**
 * Decides what this server does next for every hierarchy: one pure function of one observation. It says why as data,
 * so that log, console and `explain` can tell.
 */
export function decide(observation: Observation): Decision {
  const { store, lease, self, now } = observation;
  // While promises alone hold the lease, nothing is decided from the store: nothing is started, taken or given away (C-08).
  const isGood = lease !== undefined && now < lease.goodUntil;
  const view = store.state === 'known' && !isHeldByPromises(observation) ? store.value : undefined;
  const known = lastKnownHierarchies(observation);
  const decided = known.map((hierarchy) => decideHierarchy(observation, view, hierarchy));
  const session = view?.sessions[self.server];
  const openSession =
    view !== undefined &&
    lease !== undefined &&
    isGood &&
    !observation.sessionCommitting &&
    (session?.incarnation !== lease.incarnation || session.accepting !== self.accepting);
  const wakes = decided.flatMap(({ wakeAt }) => (wakeAt === undefined ? [] : [wakeAt]));
  return {
    openSession,
    hierarchies: decided.map(({ decision }) => decision),
    wakeAt: earliest(
      isGood ? lease.goodUntil : undefined,
      isHeldByPromises(observation) ? lease?.failsafeUntil : undefined,
      ...wakes,
    ),
  };
}

/** May what runs go on running: under a good lease, or because every other server has promised to take nothing (S3)? */
function mayGoOn({ lease, now }: Observation): boolean {
  return lease !== undefined && now < Math.max(lease.goodUntil, lease.failsafeUntil ?? -Infinity);
}

function isHeldByPromises(observation: Observation): boolean {
  const { lease, now } = observation;
  return mayGoOn(observation) && lease !== undefined && now >= lease.goodUntil;
}

/** The hierarchies of the store, also of an old look at it: what runs here must be stopped without the store too. */
function lastKnownHierarchies(observation: Observation): readonly Hierarchy[] {
  const { store, lastHierarchies } = observation;
  return Object.values(store.state === 'known' ? store.value.hierarchies : lastHierarchies);
}

export interface Situation {
  readonly observation: Observation;
  readonly hierarchy: Hierarchy;
  readonly seen: HierarchyObservation;
  readonly view: StoreView | undefined;
  readonly desired: Desired;
  readonly owner: Owner | undefined;
  readonly takeover: Takeover;
  readonly switchback: SwitchbackVerdict;
}

function decideHierarchy(
  observation: Observation,
  view: StoreView | undefined,
  hierarchy: Hierarchy,
): { readonly decision: HierarchyDecision; readonly wakeAt: InstantMs | undefined } {
  const seen = observation.hierarchies[hierarchy.id] ?? nothingSeen;
  const owner = view?.owners[hierarchy.id];
  const desired = view?.desired[hierarchy.id] ?? outOfService;
  const takeover: Takeover =
    view && !owner
      ? judgeTakeover(observation, view, hierarchy, seen.memory)
      : { kind: 'no', reason: because('owned') };
  const switchback: SwitchbackVerdict =
    view && owner && isMine(observation, owner)
      ? judgeSwitchback(observation, view, hierarchy, seen.memory)
      : { kind: 'none' };
  const situation: Situation = {
    observation,
    hierarchy,
    seen,
    view,
    desired,
    owner,
    takeover,
    switchback,
  };
  const row = chooseRow(factsOf(situation));
  const outcome = follow(row.then, situation);
  return {
    decision: {
      hierarchy: hierarchy.id,
      row: row.number,
      reason: outcome.reason ?? because(row.name),
      actions: [...outcome.actions, ...clearMark(situation)],
    },
    wakeAt: earliest(
      outcome.wakeAt,
      seen.memory.killAgainAt,
      restEnds(situation),
      switchback.kind === 'later' ? switchback.at : undefined,
    ),
  };
}

/** Condenses an observation to what the table asks. */
export function factsOf(situation: Situation): HierarchyFacts {
  const { observation, hierarchy, seen, view, desired, owner, takeover, switchback } = situation;
  const { self } = observation;
  const target = desired.kind === 'in-service' ? desired.target : undefined;
  const givenUp = owner && seen.memory.givenUp?.term === owner.term ? seen.memory.givenUp : undefined;
  return {
    lease: mayGoOn(observation) ? 'good' : 'not-good',
    store: view ? 'known' : 'unknown',
    extended: hierarchy.priorities[self.server] === undefined ? 'not-here' : 'here',
    owner: !owner ? 'none' : isMine(observation, owner) ? 'me' : 'other',
    desired: desired.kind,
    target:
      target === undefined
        ? 'none'
        : target === self.server
          ? 'me'
          : view && judgeEligible(view, hierarchy, target).allowed
            ? 'able'
            : 'unable',
    activity: summarize(hierarchy, seen),
    health: healthOf(self.accepting, givenUp),
    takeover: takeover.kind,
    maintenance: view && maintenanceOf(view, hierarchy) !== 'none' ? 'on' : 'off',
    failover: failoverOf(situation),
    switchback: switchback.kind === 'due' && isAtRest(situation) ? 'due' : 'none',
  };
}

function healthOf(
  accepting: boolean,
  givenUp: HierarchyObservation['memory']['givenUp'],
): HierarchyFacts['health'] {
  if (!accepting) return 'leaving';
  if (!givenUp) return 'fine';
  return givenUp.scope === 'data' ? 'data-at-fault' : 'given-up';
}

/** What an operator's move has brought here may go back to where it came from: that is no failover (H-04). */
function failoverOf(situation: Situation): HierarchyFacts['failover'] {
  const { observation, hierarchy, seen, view, desired } = situation;
  const returns = desired.kind === 'in-service' && desired.from !== undefined && endOf(situation, 'failed');
  if (returns) return 'free';
  if (view?.servers[observation.self.server]?.blockFailover === true) return 'blocked';
  return restsUntil(hierarchy, seen.memory, observation.now) === undefined ? 'free' : 'used-up';
}

/** Everything runs, and nobody is doing anything with it. */
function isAtRest(situation: Situation): boolean {
  return runsWholly(situation) && endOf(situation, 'done') === undefined;
}

function runsWholly({ hierarchy, seen, owner }: Situation): boolean {
  return hierarchy.resources.every((resource) => {
    const activity = activityOf(seen, resource.tag);
    return activity.state === 'running' && activity.term === owner?.term;
  });
}

/** One instance that may be active makes the hierarchy active; one that nobody has looked at yet makes it unknown. */
function summarize(hierarchy: Hierarchy, seen: HierarchyObservation): HierarchyFacts['activity'] {
  const activities = hierarchy.resources.map((resource) => activityOf(seen, resource.tag));
  if (activities.every(({ state }) => state === 'stopped')) return 'stopped';
  const ignorant = (activity: InstanceActivity): boolean =>
    activity.state === 'unknown' || (activity.state === 'busy' && activity.action === 'check');
  return activities.some((activity) => activity.state !== 'stopped' && !ignorant(activity))
    ? 'active'
    : 'unknown';
}

function isMine(observation: Observation, owner: Owner): boolean {
  return owner.server === observation.self.server && owner.incarnation === observation.lease?.incarnation;
}

interface Outcome {
  readonly actions: readonly Action[];
  readonly reason?: Reason;
  readonly wakeAt?: InstantMs | undefined;
}

function follow(course: Course, situation: Situation): Outcome {
  const { observation, hierarchy, seen, owner, takeover } = situation;
  const term = owner?.term ?? 0;
  switch (course) {
    case 'leave':
      return { actions: [], ...(isHeldByPromises(observation) && { reason: because('failsafe') }) };
    case 'look':
      return { actions: lookActions(hierarchy, seen) };
    case 'stop':
      return { actions: stopActions(hierarchy, seen, observation.now) };
    case 'stand-by':
      return followStandBy(situation);
    case 'wait':
      return takeover.kind === 'later' || takeover.kind === 'used-up'
        ? { actions: [], reason: takeover.reason, wakeAt: takeover.at }
        : { actions: [] };
    case 'acquire':
      return { actions: commit(situation, { kind: 'acquire', term: nextTerm(situation) }) };
    case 'release':
      return {
        actions: commit(situation, { kind: 'release', kept: undefined, end: endOf(situation, 'done') }),
      };
    case 'hand-over':
      return { actions: handOver(situation) };
    case 'refuse-target':
      return followRefusal(situation, term);
    case 'rest':
      return followRest(situation);
    case 'move-away':
      return { actions: moveAway(situation) };
    case 'leave-behind':
      return { actions: leaveBehind(situation) };
    case 'switch-back':
      return { actions: switchBack(situation) };
    case 'watch':
      return followMaintenance(situation, term);
    case 'run':
      return followRun(situation, term);
    default:
      return course satisfies never;
  }
}

/** One change of the store at a time for each hierarchy: the next one is decided from what came of it. */
function commit(situation: Situation, action: Action): readonly Action[] {
  return situation.seen.memory.committing ? [] : [action];
}

function nextTerm(situation: Situation): number {
  return (situation.view?.terms[situation.hierarchy.id] ?? 0) + 1;
}

function endOf(situation: Situation, state: 'done' | 'failed', reason?: Reason): OperationEnd | undefined {
  const id = situation.desired.operation;
  const operation = id === undefined ? undefined : situation.view?.operations[id];
  return operation?.state === 'running' ? { operation: operation.id, state, reason } : undefined;
}

function handOver(situation: Situation): readonly Action[] {
  const { desired } = situation;
  if (desired.kind !== 'in-service' || desired.target === undefined) return [];
  const term = nextTerm(situation);
  return commit(situation, { kind: 'hand-over', to: desired.target, term, mark: undefined, end: undefined });
}

/** The target cannot take it: the move has failed, and the hierarchy stays where it runs (H-04). */
function followRefusal(situation: Situation, term: number): Outcome {
  const { observation, hierarchy, seen, view, desired } = situation;
  const target = desired.kind === 'in-service' ? (desired.target ?? '') : '';
  const verdict = view ? judgeEligible(view, hierarchy, target) : undefined;
  const why = verdict && !verdict.allowed ? verdict.reason : because('target-unable', { target });
  const end = endOf(situation, 'failed', why);
  const ending: readonly Action[] = end ? commit(situation, { kind: 'end-operation', end }) : [];
  return { actions: [...ending, ...runActions(observation, hierarchy, seen, term)], reason: why };
}

/**
 * What failed stays where it is, and is tried again after a rest: the cause would follow the data, this server is
 * blocked, or it has moved too often and waits until it may again.
 */
function followRest(situation: Situation): Outcome {
  const { observation, hierarchy, seen } = situation;
  const givenUp = seen.memory.givenUp;
  if (!givenUp) return { actions: [] };
  const { reason, wakeAt } = whyRest(situation, givenUp.reason);
  const again = givenUp.at + hierarchy.recovery.restMs;
  const end = endOf(situation, 'failed', givenUp.reason);
  if (end) return { actions: commit(situation, { kind: 'end-operation', end }), reason, wakeAt: again };
  if (observation.now < again) return { actions: [], reason, wakeAt: earliest(wakeAt, again) };
  // Tried again from nothing: whether it may be repaired piece by piece is no question any more.
  if (givenUp.scope === 'server' && summarize(hierarchy, seen) !== 'stopped')
    return { actions: stopActions(hierarchy, seen, observation.now), reason };
  return { actions: [{ kind: 'forget-giving-up' }], reason };
}

function whyRest(
  { observation, hierarchy, seen }: Situation,
  cause: Reason,
): { readonly reason: Reason; readonly wakeAt: InstantMs | undefined } {
  const { server } = observation.self;
  if (seen.memory.givenUp?.scope === 'data') return { reason: cause, wakeAt: undefined };
  const wakeAt = restsUntil(hierarchy, seen.memory, observation.now);
  if (wakeAt === undefined)
    return { reason: because('failover-blocked-here', { server, cause: cause.code }), wakeAt };
  const { facts } = tooManyMoves(hierarchy).reason;
  return { reason: because('failovers-used-up-here', { ...facts, cause: cause.code }), wakeAt };
}

/** Hands a hierarchy that failed here to the next server, back to where a failed move came from first (H-04, R-05). */
function moveAway(situation: Situation): readonly Action[] {
  const { observation, hierarchy, seen, view, desired } = situation;
  const mark = seen.memory.givenUp?.reason;
  if (!view || !mark) return [];
  const others = candidates(view, hierarchy, unsteadyServers(observation, hierarchy)).filter(
    (server) => server !== observation.self.server,
  );
  const from = desired.kind === 'in-service' ? desired.from : undefined;
  const to = from !== undefined && others.includes(from) ? from : others[0];
  const end = endOf(situation, 'failed', mark);
  if (to === undefined) return commit(situation, { kind: 'mark-and-release', mark, end });
  return commit(situation, { kind: 'hand-over', to, term: nextTerm(situation), mark, end });
}

/**
 * What a server that is shut down has stopped goes to the next server at once; with none it waits for one. By the other strategy
 * this server keeps it, and starts it again when it is back (C-07).
 */
function leaveBehind(situation: Situation): readonly Action[] {
  const { observation, hierarchy, view } = situation;
  if (!view) return [];
  const { server } = observation.self;
  const [to] = candidates(view, hierarchy, unsteadyServers(observation, hierarchy)).filter(
    (other) => other !== server,
  );
  const end = endOf(situation, 'failed', because('server-shut-down', { server }));
  if (view.servers[server]?.shutdownStrategy === 'stop')
    return commit(situation, { kind: 'release', kept: situation.owner?.term, end });
  if (to === undefined) return commit(situation, { kind: 'release', kept: undefined, end });
  return commit(situation, { kind: 'hand-over', to, term: nextTerm(situation), mark: undefined, end });
}

function followRun(situation: Situation, term: number): Outcome {
  const { observation, hierarchy, seen } = situation;
  const actions = runActions(observation, hierarchy, seen, term);
  const end = runsWholly(situation) ? endOf(situation, 'done') : undefined;
  return { actions: end ? [...actions, ...commit(situation, { kind: 'end-operation', end })] : actions };
}

function switchBack(situation: Situation): readonly Action[] {
  const { hierarchy, switchback, view } = situation;
  if (switchback.kind !== 'due' || !view) return [];
  const operation = switchbackOperation(hierarchy.id, view.revision);
  return commit(situation, { kind: 'begin-switchback', to: switchback.to, operation });
}

/**
 * Nothing is started, stopped or moved. What was under way ends as failed, so that no operation waits for the end of the
 * maintenance (L3), and the guard holds the plan also of what a person starts by hand (S3).
 */
function followMaintenance(situation: Situation, term: number): Outcome {
  const { hierarchy, seen } = situation;
  const reason = maintenanceReason(situation);
  const end = endOf(situation, 'failed', reason);
  const ending: readonly Action[] = end ? commit(situation, { kind: 'end-operation', end }) : [];
  const protect = commit(situation, { kind: 'protect', term });
  return { actions: [...ending, ...protect, ...lookActions(hierarchy, seen)], reason };
}

function maintenanceReason({ hierarchy, view }: Situation): Reason {
  const by = view ? maintenanceOf(view, hierarchy) : 'none';
  return because(by === 'cluster' ? 'cluster-in-maintenance' : 'in-maintenance', { hierarchy: hierarchy.id });
}

function followStandBy(situation: Situation): Outcome {
  const { hierarchy, owner, takeover, view, desired } = situation;
  const actions = endStrandedOperation(situation);
  if (owner || !view) return { actions };
  if (desired.kind === 'in-service' && maintenanceOf(view, hierarchy) !== 'none')
    return { actions, reason: maintenanceReason(situation) };
  if (takeover.kind === 'no') return { actions, reason: takeover.reason };
  return takeover.kind === 'unconfirmed'
    ? { actions, reason: takeover.reason, wakeAt: takeover.at }
    : { actions };
}

/**
 * An operation that nobody goes on with: its work is done but its owner died before it could say so (H-07), or it cannot go
 * on before an operator has done something else, and must not be in the way of that (L3).
 */
function endStrandedOperation(situation: Situation): readonly Action[] {
  const { desired, owner, view } = situation;
  if (!view || owner) return [];
  const end = desired.kind === 'out-of-service' ? endOf(situation, 'done') : endOfWaiting(situation, view);
  return end ? commit(situation, { kind: 'end-operation', end }) : [];
}

function endOfWaiting(situation: Situation, view: StoreView): OperationEnd | undefined {
  const { hierarchy, desired, takeover } = situation;
  if (maintenanceOf(view, hierarchy) !== 'none')
    return endOf(situation, 'failed', maintenanceReason(situation));
  const target = desired.kind === 'in-service' ? desired.target : undefined;
  const targetTakes = target !== undefined && judgeEligible(view, hierarchy, target).allowed;
  if (takeover.kind !== 'unconfirmed' || targetTakes) return undefined;
  return endOf(situation, 'failed', takeover.reason);
}

/** This server's own mark ends after a rest: it may try again. */
function clearMark(situation: Situation): readonly Action[] {
  const { observation, seen } = situation;
  const ends = restEnds(situation);
  if (ends === undefined || observation.now < ends || seen.memory.committing) return [];
  return [{ kind: 'clear-mark' }];
}

function restEnds(situation: Situation): InstantMs | undefined {
  const { observation, hierarchy, seen, view } = situation;
  if (!view || seen.memory.markedSince === undefined) return undefined;
  if (!failureOf(view, hierarchy.id, observation.self.server)) return undefined;
  return seen.memory.markedSince + hierarchy.recovery.restMs;
}

function earliest(...instants: readonly (InstantMs | undefined)[]): InstantMs | undefined {
  const known = instants.filter((instant): instant is InstantMs => instant !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}
