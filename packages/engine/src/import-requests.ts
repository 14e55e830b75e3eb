import { refuse, type Hierarchy, type Term } from '@holdfast/core';
import { nextTermOfAll } from './configuration-requests.ts';
import { firstRefusal, judgeHierarchy, type Claims } from './judge-configuration.ts';
import type { Compare, Write } from './ports.ts';
import { compareAll, type Requested, type RequestContext } from './requests.ts';
import { foreseeConfiguration } from './snapshot.ts';
import { put } from './transactions.ts';

/**
 * Records a hierarchy as an exported configuration has it: out of service on every server, so that nothing starts before an
 * operator says where (S6). Each server takes its part into care by itself. `atLeast`: its term is not below that, because
 * its volumes remember the terms of a store that is lost (S4).
 */
export function restoreHierarchyRequest(
  context: RequestContext,
  asked: { readonly hierarchy: Hierarchy; readonly claims?: Claims; readonly atLeast: Term },
): Requested {
  const { keys, snapshot, by } = context;
  const { view } = snapshot;
  const { hierarchy } = asked;
  const { id } = hierarchy;
  if (view.hierarchies[id]) return refuse('tag-in-use', { tag: id });
  const owner = view.owners[id];
  if (owner) return refuse('being-created', { tag: id, server: owner.server });
  const verdict = firstRefusal(() => judgeHierarchy(view, hierarchy, asked.claims));
  if (!verdict.allowed) return verdict;
  const term = Math.max(nextTermOfAll(view), asked.atLeast);
  return {
    allowed: true,
    operation: undefined,
    transaction: {
      compare: compareAll(context, [
        ...[keys.revision, keys.hierarchy(id), keys.term(id), keys.owner(id), keys.desired(id)],
      ]),
      write: [
        put(keys.revision, { revision: snapshot.configRevision + 1 }),
        put(keys.hierarchy(id), hierarchy),
        put(keys.desired(id), { kind: 'out-of-service', by }),
        put(keys.term(id), { term }),
      ],
    },
  };
}

/**
 * Several changes of the configuration as one transaction: each is judged in the world that the ones before it make, and all
 * take place or none (H-01). `refusedAt` is the index of the one that a rule forbids.
 */
export function combineRequests(
  context: RequestContext,
  changes: readonly ((context: RequestContext) => Requested)[],
): Requested & { readonly refusedAt?: number } {
  const compare = new Map<string, Compare>();
  const writes = new Map<string, Write>();
  let { snapshot } = context;
  for (const [index, change] of changes.entries()) {
    const requested = change({ ...context, snapshot });
    if (!requested.allowed) return { ...requested, refusedAt: index };
    const { transaction } = requested;
    for (const one of transaction.compare) compare.set(one.key, one);
    for (const one of transaction.write) writes.set('put' in one ? one.put : one.delete, one);
    snapshot = foreseeConfiguration(context.keys, snapshot, transaction.write);
  }
  return {
    allowed: true,
    operation: undefined,
    transaction: { compare: [...compare.values()], write: [...writes.values()] },
  };
}
