import type { EventCode } from '@holdfast/contract';
import type { Reason } from '@holdfast/core';
import type { StoreAction } from './transactions.ts';

/** What is told of a change of the store that has taken place, or that others were faster with. */
export function describeCommit(
  action: StoreAction,
  done: boolean,
): { readonly code: EventCode; readonly facts: Reason['facts'] } {
  if (!done) return { code: 'commit-overtaken', facts: { action: action.kind } };
  switch (action.kind) {
    case 'acquire':
      return { code: 'owner-acquired', facts: { term: action.term } };
    case 'release':
      return { code: 'owner-released', facts: { kept: action.kept !== undefined } };
    case 'hand-over':
      return {
        code: 'handed-over',
        facts: { to: action.to, term: action.term, cause: action.mark?.code ?? '' },
      };
    case 'mark-and-release':
      return { code: 'given-away', facts: { cause: action.mark.code } };
    case 'begin-switchback':
      return { code: 'switchback-began', facts: { to: action.to, operation: action.operation } };
    case 'clear-mark':
      return { code: 'mark-cleared', facts: {} };
    case 'end-operation':
      return {
        code: 'operation-ended',
        facts: {
          operation: action.end.operation,
          state: action.end.state,
          cause: action.end.reason?.code ?? '',
        },
      };
    default:
      return action satisfies never;
  }
}
