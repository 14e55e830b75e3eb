import {
  desiredRecord,
  failureRecord,
  hierarchyRecord,
  ownerRecord,
  serverRecord,
  sessionRecord,
  settingsRecord,
  termRecord,
  type Keys,
} from '@holdfast/contract';
import type { z } from 'zod';
import type { Rule } from './checkers.ts';
import type { Etcd, StoreChange } from './etcd.ts';
import type { TrueMs } from './scheduler.ts';

type DesiredRecord = z.infer<typeof desiredRecord>;
type OwnerRecord = z.infer<typeof ownerRecord>;

export interface PolicyCheckers {
  onStoreChange(change: StoreChange): void;
}

/** No clock of a machine is faster than this share of true time. */
const slowestHealthy = 0.98;

/**
 * Checks from outside what administrators have set about moves: who becomes the owner, and when a switchback begins. The
 * store's changes say it exactly, because every change of ownership compares with what it was decided from.
 */
export function createPolicyCheckers(options: {
  readonly now: () => TrueMs;
  readonly etcd: () => Etcd;
  readonly keys: Keys;
  readonly fail: (rule: Rule, text: string) => void;
}): PolicyCheckers {
  const { keys, etcd, now, fail } = options;
  const lastOwners = new Map<string, OwnerRecord>();
  /** As it was before the commit that is being told of. */
  const desired = new Map<string, DesiredRecord>();
  /** Grows also without another owner, when hierarchies are joined and parted. */
  const terms = new Map<string, number>();
  const sessions = new Map<string, { readonly incarnation: string; readonly since: TrueMs }>();

  function read<T>(key: string, schema: z.ZodType<T>): T | undefined {
    const entry = etcd().get(key);
    return entry && schema.parse(JSON.parse(entry.value));
  }

  function onStoreChange({ key, before, after }: StoreChange): void {
    const [area, name = ''] = key.slice(keys.prefix.length).split('/');
    switch (area) {
      case 'owners':
        if (after)
          noteOwner(name, after.createRevision, { value: after.value, wasOwned: before !== undefined });
        return;
      case 'desired':
        if (after) desired.set(name, desiredRecord.parse(JSON.parse(after.value)));
        return;
      case 'terms':
        if (after) terms.set(name, termRecord.parse(JSON.parse(after.value)).term);
        return;
      case 'sessions':
        noteSession(name, after?.value);
        return;
      case 'operations':
        if (after && !before && name.startsWith('switchback-')) checkSwitchback(JSON.parse(after.value));
        return;
      default:
        return;
    }
  }

  function noteSession(server: string, value: string | undefined): void {
    const incarnation = value === undefined ? undefined : sessionRecord.parse(JSON.parse(value)).incarnation;
    if (incarnation === undefined) sessions.delete(server);
    else if (sessions.get(server)?.incarnation !== incarnation)
      sessions.set(server, { incarnation, since: now() });
  }

  function noteOwner(
    hierarchy: string,
    revision: number,
    { value, wasOwned }: { readonly value: string; readonly wasOwned: boolean },
  ): void {
    const owner = ownerRecord.parse(JSON.parse(value));
    const last = lastOwners.get(hierarchy);
    lastOwners.set(hierarchy, owner);
    // Who creates a hierarchy owns it from the first moment, before the record is there or together with it.
    const created = etcd().get(keys.hierarchy(hierarchy))?.createRevision;
    if (created === undefined || created === revision) return;
    checkMaintenance(hierarchy, owner.server);
    checkBlock(hierarchy, owner.server, last);
    checkKeeping(hierarchy, owner.server, last);
    if (!wasOwned && last && last.server !== owner.server) checkConfirmation(hierarchy, owner.server, last);
  }

  function checkMaintenance(hierarchy: string, server: string): void {
    const own = read(keys.hierarchy(hierarchy), hierarchyRecord)?.maintenance === true;
    if (own || read(keys.settings, settingsRecord)?.maintenance === true)
      fail('R-07', `${server} becomes the owner of ${hierarchy} in maintenance`);
  }

  function wishOf(hierarchy: string): Extract<DesiredRecord, { kind: 'in-service' }> | undefined {
    const wish = desired.get(hierarchy);
    return wish?.kind === 'in-service' ? wish : undefined;
  }

  function checkBlock(hierarchy: string, server: string, last: OwnerRecord | undefined): void {
    if (!last || last.server === server || read(keys.server(server), serverRecord)?.blockFailover !== true)
      return;
    const wish = wishOf(hierarchy);
    const isAsked =
      wish?.target === server || wish?.from === server || wish?.confirmed === terms.get(hierarchy);
    if (!isAsked) fail('R-07', `${hierarchy} comes to ${server}, which is blocked, by itself`);
  }

  function checkKeeping(hierarchy: string, server: string, last: OwnerRecord | undefined): void {
    const wish = wishOf(hierarchy);
    if (!last || last.server === server || wish?.kept === undefined || wish.kept !== last.term) return;
    const mayReturn = read(keys.hierarchy(hierarchy), hierarchyRecord)?.priorities[last.server] !== undefined;
    if (mayReturn) fail('C-07', `${server} takes ${hierarchy}, which ${last.server} keeps over its shutdown`);
  }

  function checkConfirmation(hierarchy: string, server: string, last: OwnerRecord): void {
    if (read(keys.server(last.server), serverRecord)?.confirmFailover !== true) return;
    const mark = read(keys.failure(hierarchy, last.server), failureRecord);
    const hasLetGo = mark !== undefined && mark.incarnation === sessions.get(last.server)?.incarnation;
    const wish = wishOf(hierarchy);
    if (!hasLetGo && wish?.confirmed !== terms.get(hierarchy) && wish?.target !== server)
      fail('R-07', `${server} takes ${hierarchy} after ${last.server}, and nobody has confirmed that`);
  }

  function checkSwitchback(operation: { readonly hierarchy: string; readonly target: string }): void {
    const { hierarchy, target } = operation;
    const switchback = read(keys.hierarchy(hierarchy), hierarchyRecord)?.switchback;
    const session = sessions.get(target);
    const healthyForMs =
      switchback?.kind === 'automatic' ? switchback.healthyForMs : Number.POSITIVE_INFINITY;
    const livedMs = session ? now() - session.since : -1;
    if (livedMs < healthyForMs * slowestHealthy)
      fail('H-05', `${hierarchy} returns to ${target}, which has been there for ${livedMs.toFixed(0)} ms`);
    const mark = read(keys.failure(hierarchy, target), failureRecord);
    if (mark && mark.incarnation === session?.incarnation)
      fail('H-05', `${hierarchy} returns to ${target}, where it has failed`);
  }

  return { onStoreChange };
}
