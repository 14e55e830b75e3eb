import { recordFormat, type Keys } from '@holdfast/contract';
import {
  switchbackActor,
  type Action,
  type Desired,
  type LeaseHolder,
  type Operation,
  type OperationEnd,
  type Reason,
} from '@holdfast/core';
import { deleteOldOperations } from './old-operations.ts';
import type { Compare, Transaction, Write } from './ports.ts';
import type { Snapshot } from './snapshot.ts';

/** Actions that change the store. */
export type StoreAction = Extract<
  Action,
  {
    readonly kind:
      | 'acquire'
      | 'release'
      | 'hand-over'
      | 'mark-and-release'
      | 'begin-switchback'
      | 'clear-mark'
      | 'end-operation';
  }
>;

export interface TransactionContext {
  readonly keys: Keys;
  readonly snapshot: Snapshot;
  readonly server: string;
  readonly lease: LeaseHolder;
  readonly wallTime: string;
}

/**
 * The transaction that carries out one decided change of ownership or of an operation. It compares with every key that
 * the decision was made from, so that it takes place only in the world that was looked at (S1, S4, S6).
 */
export function createTransaction(
  context: TransactionContext,
  hierarchy: string,
  action: StoreAction,
): Transaction {
  const { keys } = context;
  const unchanged = (...names: readonly string[]): Compare[] => names.map((key) => asSeen(context, key));
  switch (action.kind) {
    case 'acquire':
      return acquire(context, hierarchy, action.term);
    case 'release':
      return release(context, hierarchy, action);
    case 'hand-over':
      return handOver(context, hierarchy, action);
    case 'mark-and-release':
      return withEnd(context, hierarchy, action.end, {
        compare: unchanged(keys.owner(hierarchy), keys.desired(hierarchy)),
        write: [{ delete: keys.owner(hierarchy) }, mark(context, hierarchy, action.mark)],
      });
    case 'begin-switchback':
      return beginSwitchback(context, hierarchy, action);
    case 'clear-mark':
      return {
        compare: unchanged(keys.failure(hierarchy, context.server)),
        write: [{ delete: keys.failure(hierarchy, context.server) }],
      };
    case 'end-operation':
      return withEnd(context, hierarchy, action.end, {
        compare: unchanged(keys.desired(hierarchy)),
        write: [],
      });
    default:
      return action satisfies never;
  }
}

/** The transaction that shows this server to the others, for as long as its lease lives. */
export function createSessionTransaction(
  context: TransactionContext,
  session: { readonly version: string; readonly accepting: boolean },
): Transaction {
  const { keys, server, lease } = context;
  const value = { server, incarnation: lease.incarnation, lease: lease.lease, ...session };
  return {
    // Whoever was taken out of the cluster is handed nothing.
    compare: [asSeen(context, keys.session(server)), { key: keys.server(server), is: 'present' }],
    write: [put(keys.session(server), value, lease.lease)],
  };
}

/** What every change of ownership is decided from besides the keys of its own: maintenance, and what servers are set to. */
function policyKeys({ keys }: TransactionContext, hierarchy: string, servers: readonly string[]): string[] {
  return [keys.settings, keys.hierarchy(hierarchy), ...new Set(servers.map((server) => keys.server(server)))];
}

function acquire(context: TransactionContext, hierarchy: string, term: number): Transaction {
  const { keys, server, lease, snapshot } = context;
  const last = snapshot.view.lastOwners[hierarchy] ?? server;
  const compared = [
    keys.term(hierarchy),
    keys.desired(hierarchy),
    keys.session(server),
    ...policyKeys(context, hierarchy, [server, last]),
  ];
  return {
    compare: [{ key: keys.owner(hierarchy), is: 'absent' }, ...compared.map((key) => asSeen(context, key))],
    write: ownership(context, hierarchy, {
      server,
      incarnation: lease.incarnation,
      lease: lease.lease,
      term,
    }),
  };
}

/** What is kept is marked in the same transaction: nobody sees it without an owner and without the mark (C-07, S8). */
function release(
  context: TransactionContext,
  hierarchy: string,
  { kept, end }: Extract<StoreAction, { kind: 'release' }>,
): Transaction {
  const { keys, snapshot, server } = context;
  const owner = keys.owner(hierarchy);
  const transaction = withEnd(context, hierarchy, end, {
    compare: [asSeen(context, owner)],
    write: [{ delete: owner }],
  });
  const desired = snapshot.view.desired[hierarchy];
  if (kept === undefined || desired?.kind !== 'in-service') return transaction;
  const wish = keys.desired(hierarchy);
  const seen = [wish, keys.term(hierarchy), keys.server(server)];
  const others = transaction.write.filter((one) => !('put' in one && one.put === wish));
  return {
    compare: [...transaction.compare, ...seen.map((key) => asSeen(context, key))],
    write: [...others, put(wish, { ...desired, target: undefined, from: undefined, kept })],
  };
}

function handOver(
  context: TransactionContext,
  hierarchy: string,
  action: Extract<StoreAction, { kind: 'hand-over' }>,
): Transaction {
  const { keys, snapshot, server } = context;
  const session = snapshot.view.sessions[action.to];
  if (!session) return { compare: [{ key: keys.session(action.to), is: 'present' }], write: [] };
  const compared = [
    keys.owner(hierarchy),
    keys.term(hierarchy),
    keys.desired(hierarchy),
    keys.session(action.to),
    ...policyKeys(context, hierarchy, [server, action.to]),
  ];
  return withEnd(context, hierarchy, action.end, {
    compare: compared.map((key) => asSeen(context, key)),
    write: [
      ...ownership(context, hierarchy, { ...session, term: action.term }),
      ...(action.mark ? [mark(context, hierarchy, action.mark)] : []),
    ],
  });
}

/** From here on it is a move like any other: stopped, handed over, and taken back where it cannot start (H-04, H-05). */
function beginSwitchback(
  context: TransactionContext,
  hierarchy: string,
  { to, operation: id }: Extract<StoreAction, { kind: 'begin-switchback' }>,
): Transaction {
  const { keys, server, wallTime } = context;
  const operation: Operation = {
    id,
    kind: 'in-service',
    hierarchy,
    target: to,
    state: 'running',
    by: switchbackActor,
    at: wallTime,
    reason: undefined,
  };
  const desired: Desired = { kind: 'in-service', operation: id, target: to, from: server };
  const compared = [
    keys.owner(hierarchy),
    keys.desired(hierarchy),
    keys.session(to),
    keys.failure(hierarchy, to),
    keys.operation(id),
    ...policyKeys(context, hierarchy, [server, to]),
  ];
  return {
    compare: compared.map((key) => asSeen(context, key)),
    write: [
      put(keys.desired(hierarchy), desired),
      put(keys.operation(id), operation),
      ...deleteOldOperations(context, hierarchy),
    ],
  };
}

function ownership(
  { keys }: TransactionContext,
  hierarchy: string,
  owner: {
    readonly server: string;
    readonly incarnation: string;
    readonly lease: string;
    readonly term: number;
  },
): Write[] {
  const { server, incarnation, term } = owner;
  return [
    put(keys.owner(hierarchy), { server, incarnation, term }, owner.lease),
    put(keys.term(hierarchy), { term, server }),
  ];
}

function mark(
  { keys, server, lease, wallTime }: TransactionContext,
  hierarchy: string,
  reason: Reason,
): Write {
  const value = { hierarchy, server, incarnation: lease.incarnation, reason, at: wallTime };
  return put(keys.failure(hierarchy, server), value);
}

/** Ends the operation in the same transaction as the change that ends it, and takes back where it was to lead (H-07). */
function withEnd(
  context: TransactionContext,
  hierarchy: string,
  end: OperationEnd | undefined,
  transaction: Transaction,
): Transaction {
  const { keys, snapshot } = context;
  const operation = end && snapshot.view.operations[end.operation];
  if (!operation) return transaction;
  const desired = snapshot.view.desired[hierarchy];
  return {
    compare: [...transaction.compare, asSeen(context, keys.operation(operation.id))],
    write: [
      ...transaction.write,
      put(keys.operation(operation.id), ended(operation, end)),
      ...(desired?.kind === 'in-service' ? [put(keys.desired(hierarchy), withoutTarget(desired, end))] : []),
    ],
  };
}

function ended(operation: Operation, end: OperationEnd): Operation {
  return { ...operation, state: end.state, reason: end.reason };
}

/** What an operator chose in vain is not chosen any more. */
function withoutTarget(desired: Desired & { readonly kind: 'in-service' }, end: OperationEnd): Desired {
  const chosen = end.state === 'done' ? desired.chosen : undefined;
  return { ...desired, target: undefined, from: undefined, chosen };
}

/** The key is as the snapshot had it. */
export function asSeen({ snapshot }: Pick<TransactionContext, 'snapshot'>, key: string): Compare {
  const modRevision = snapshot.modRevisions.get(key);
  return modRevision === undefined ? { key, is: 'absent' } : { key, is: 'unchanged', modRevision };
}

/** One record as the store keeps it; fields that are undefined are left out. */
export function put(key: string, record: object, lease?: string): Write {
  const value = JSON.stringify({ formatVersion: recordFormat, ...record });
  return lease === undefined ? { put: key, value } : { put: key, value, lease };
}
