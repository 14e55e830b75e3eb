import type { Hierarchy, HierarchyStatus, InstanceActivity, InstanceState, Reason } from '@holdfast/core';
import type { HierarchyState } from './state.ts';

/** What this server says of its instances of one hierarchy. `mark`: why it is kept from running the hierarchy now. */
export function statusOf(
  hierarchy: Hierarchy,
  held: HierarchyState,
  self: { readonly server: string; readonly incarnation: string; readonly mark: Reason | undefined },
): HierarchyStatus {
  const { server, incarnation, mark } = self;
  const instances = hierarchy.resources.map(({ tag }) => {
    const activity = held.instances.get(tag) ?? { state: 'unknown' };
    return [tag, instanceStatus(activity, held.warnings.get(tag), mark)] as const;
  });
  return { server, hierarchy: hierarchy.id, incarnation, instances: Object.fromEntries(instances) };
}

function instanceStatus(
  activity: InstanceActivity,
  warning: Reason | undefined,
  mark: Reason | undefined,
): { readonly state: InstanceState; readonly reason: Reason | undefined } {
  switch (activity.state) {
    case 'unknown':
      return { state: 'unknown', reason: undefined };
    case 'stopped':
      return { state: mark ? 'failed' : 'standby', reason: mark };
    case 'running':
      return warning ? { state: 'degraded', reason: warning } : { state: 'in-service', reason: undefined };
    case 'failed':
      return { state: 'failed', reason: activity.reason };
    case 'busy':
      return { state: busyState(activity.action), reason: undefined };
    default:
      return activity satisfies never;
  }
}

function busyState(action: 'check' | 'restore' | 'recover' | 'remove' | 'kill'): InstanceState {
  switch (action) {
    case 'check':
      return 'unknown';
    case 'restore':
    case 'recover':
      return 'starting';
    case 'remove':
    case 'kill':
      return 'stopping';
    default:
      return action satisfies never;
  }
}
