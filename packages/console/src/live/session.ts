import type { CallerAnswer } from '@holdfast/contract';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { callApi } from '../api.ts';

/** Who is signed in. */
export function useCallerQuery(): UseQueryResult<CallerAnswer> {
  return useQuery({
    queryKey: callerKey,
    queryFn: ({ signal }) => callApi('me', { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export const callerKey = ['me'] as const;

/** Who is signed in, on pages that are only shown to somebody who is. */
export function useCaller(): CallerAnswer {
  const { data } = useCallerQuery();
  if (!data) throw new Error('nobody is signed in');
  return data;
}

let expired = false;
const listeners = new Set<() => void>();

/** Called with every 401: the page asks to sign in again, and stays as it is beneath. */
export function noteSession(state: 'expired' | 'good'): void {
  expired = state === 'expired';
  for (const listener of listeners) listener();
}

export function useIsExpired(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => expired,
  );
}
