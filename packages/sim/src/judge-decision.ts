import type { Action, Decision, HierarchyDecision, InstanceActivity, Observation } from '@holdfast/core';
import type { Rule } from './checkers.ts';

const starts: readonly Action['kind'][] = ['restore', 'recover'];
const takes: readonly Action['kind'][] = ['acquire', 'release', 'hand-over', 'mark-and-release'];

/**
 * What no decision may contain, whatever the table says: starts without a good lease (S2), anything bold from an old look
 * at the store or from instances that nobody has looked at (S5), giving away what may be active (S1), touching what is in
 * maintenance, moving what has moved too often.
 */
export function judgeDecision(
  observation: Observation,
  decision: Decision,
): { readonly rule: Rule; readonly text: string } | undefined {
  for (const one of decision.hierarchies) {
    const broken = judgeOne(observation, one) ?? judgePolicy(observation, one);
    if (broken) return { rule: broken.rule, text: `decides ${broken.text} for ${one.hierarchy}` };
  }
  return undefined;
}

function judgeOne(
  { store, lease, now, hierarchies }: Observation,
  { hierarchy, actions }: HierarchyDecision,
): { readonly rule: Rule; readonly text: string } | undefined {
  const good = lease !== undefined && now < lease.goodUntil;
  const bold = actions.find(({ kind }) => starts.includes(kind) || takes.includes(kind));
  if (bold && !good) return { rule: 'S2', text: `${bold.kind} without a good lease` };
  if (bold && store.state === 'unknown')
    return { rule: 'S5', text: `${bold.kind} without knowing the store` };
  const given = actions.find(({ kind }) => takes.includes(kind));
  if (!given || store.state === 'unknown') return undefined;
  const instances = hierarchies[hierarchy]?.instances ?? {};
  const resources = store.value.hierarchies[hierarchy]?.resources ?? [];
  const unlike = resources.find(({ tag }) => activityOf(instances[tag]) !== 'stopped');
  if (!unlike) return undefined;
  const activity = activityOf(instances[unlike.tag]);
  return {
    rule: activity === 'unknown' ? 'S5' : 'S1',
    text: `${given.kind} while ${unlike.tag} is ${activity}`,
  };
}

function activityOf(activity: InstanceActivity | undefined): InstanceActivity['state'] {
  return activity?.state ?? 'unknown';
}

const stops: readonly Action['kind'][] = ['remove', 'abort', 'kill', 'give-up'];

function judgePolicy(
  { store, lease, now, hierarchies, self }: Observation,
  { hierarchy: id, actions }: HierarchyDecision,
): { readonly rule: Rule; readonly text: string } | undefined {
  if (store.state === 'unknown' || !lease || now >= lease.goodUntil) return undefined;
  const { owners, settings, lastOwners, terms, desired } = store.value;
  const hierarchy = store.value.hierarchies[id];
  if (hierarchy?.priorities[self.server] === undefined) return undefined;
  const owner = owners[id];
  const isMine = owner?.server === self.server && owner.incarnation === lease.incarnation;
  if (settings?.maintenance === true || hierarchy.maintenance) {
    const kinds = [...starts, ...takes, 'begin-switchback', ...(isMine ? stops : [])];
    const touching = actions.find(({ kind }) => kinds.includes(kind));
    if (touching) return { rule: 'R-07', text: `${touching.kind} in maintenance` };
  }
  const { failovers, failoverWindowMs } = hierarchy.recovery;
  const moves = hierarchies[id]?.memory.moves.filter((at) => now - at < failoverWindowMs) ?? [];
  if (moves.length < failovers) return undefined;
  const wish = desired[id];
  const from = wish?.kind === 'in-service' ? wish.from : undefined;
  const moving = actions.find(
    (action) =>
      action.kind === 'begin-switchback' ||
      (action.kind === 'hand-over' && action.mark !== undefined && from === undefined) ||
      (action.kind === 'acquire' && terms[id] !== undefined && lastOwners[id] !== self.server),
  );
  return moving && { rule: 'R-09', text: `${moving.kind} after ${moves.length} moves` };
}
