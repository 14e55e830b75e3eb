import { recordFormat, type Keys } from '@holdfast/contract';
import type { Action, Desired, LeaseHolder, OperationEnd, Operation, Reason } from '@holdfast/core';
import type { Compare, Transaction, Write } from './ports.ts';
import type { Snapshot } from './snapshot.ts';

/** Actions that change the store. */
export type StoreAction = Extract<
  Action,
  { readonly kind: 'acquire' | 'release' | 'hand-over' | 'mark-and-release' | 'clear-mark' | 'end-operation' }
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
      return {
        compare: [
          { key: keys.owner(hierarchy), is: 'absent' },
          ...unchanged(
            keys.term(hierarchy),
            keys.desired(hierarchy),
            keys.hierarchy(hierarchy),
            keys.session(context.server),
          ),
        ],
        write: ownership(context, hierarchy, {
          server: context.server,
          incarnation: context.lease.incarnation,
          lease: context.lease.lease,
          term: action.term,
        }),
      };
    case 'release':
      return withEnd(context, hierarchy, action.end, {
        compare: unchanged(keys.owner(hierarchy)),
        write: [{ delete: keys.owner(hierarchy) }],
      });
    case 'hand-over':
      return handOver(context, hierarchy, action);
    case 'mark-and-release':
      return withEnd(context, hierarchy, action.end, {
        compare: unchanged(keys.owner(hierarchy), keys.desired(hierarchy)),
        write: [{ delete: keys.owner(hierarchy) }, mark(context, hierarchy, action.mark)],
      });
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
    compare: [asSeen(context, keys.session(server))],
    write: [put(keys.session(server), value, lease.lease)],
  };
}

function handOver(
  context: TransactionContext,
  hierarchy: string,
  action: Extract<StoreAction, { kind: 'hand-over' }>,
): Transaction {
  const { keys, snapshot } = context;
  const session = snapshot.view.sessions[action.to];
  if (!session) return { compare: [{ key: keys.session(action.to), is: 'present' }], write: [] };
  const compared = [
    keys.owner(hierarchy),
    keys.term(hierarchy),
    keys.desired(hierarchy),
    keys.hierarchy(hierarchy),
    keys.session(action.to),
  ];
  return withEnd(context, hierarchy, action.end, {
    compare: compared.map((key) => asSeen(context, key)),
    write: [
      ...ownership(context, hierarchy, { ...session, term: action.term }),
      ...(action.mark ? [mark(context, hierarchy, action.mark)] : []),
    ],
  });
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
    put(keys.term(hierarchy), { term }),
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
      ...(desired?.kind === 'in-service' ? [put(keys.desired(hierarchy), withoutTarget(desired))] : []),
    ],
  };
}

function ended(operation: Operation, end: OperationEnd): Operation {
  return { ...operation, state: end.state, reason: end.reason };
}

function withoutTarget(desired: Desired & { readonly kind: 'in-service' }): Desired {
  return { ...desired, target: undefined, from: undefined };
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
