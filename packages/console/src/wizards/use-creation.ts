import type { ChangeAnswer, KitForm } from '@holdfast/contract';
import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { callApi } from '../api.ts';
import { useLive } from '../live/live.tsx';
import { changeTimeoutMs } from '../operations/change-dialog.tsx';
import { describeCreation, type CreateDraft } from './draft.ts';

export type CreationState =
  | { readonly kind: 'none' }
  | { readonly kind: 'running' }
  | { readonly kind: 'done'; readonly answer: ChangeAnswer }
  | { readonly kind: 'failed'; readonly error: unknown };

export interface Creation {
  readonly state: CreationState;
  /** When it began; what happened before has nothing to do with it. */
  readonly begunAt: string;
  readonly begin: () => void;
  /** The server undoes what it has begun (K-09). */
  readonly cancel: () => void;
  /** Goes back to the form, which is as it was. */
  readonly forget: () => void;
}

/** The creation, once it is asked for. It goes on when the dialog is closed. */
export function useCreation(draft: CreateDraft, forms: readonly KitForm[]): Creation {
  const { refresh } = useLive();
  const [begunAt, setBegunAt] = useState('');
  const abort = useRef<AbortController>(undefined);
  const mutation = useMutation({
    mutationFn: () => {
      abort.current = new AbortController();
      setBegunAt(new Date().toISOString());
      const body = describeCreation(draft, forms);
      return callApi('create', { body, timeoutMs: changeTimeoutMs, signal: abort.current.signal });
    },
    onSettled: refresh,
  });
  return {
    state: stateOf(mutation),
    begunAt,
    begin: () => mutation.mutate(),
    cancel: () => {
      abort.current?.abort();
      mutation.reset();
    },
    forget: () => mutation.reset(),
  };
}

function stateOf(mutation: {
  readonly isPending: boolean;
  readonly data: ChangeAnswer | undefined;
  readonly error: unknown;
}): CreationState {
  if (mutation.isPending) return { kind: 'running' };
  if (mutation.data) return { kind: 'done', answer: mutation.data };
  return mutation.error ? { kind: 'failed', error: mutation.error } : { kind: 'none' };
}
