import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from '../api.ts';
import { noteSession } from './session.ts';

/** What was asked of the API and answered. Nothing is asked again by itself: pages show what failed. */
export function createConsoleQueries(): QueryClient {
  const onError = (error: unknown): void => {
    if (error instanceof ApiError && error.status === 401) noteSession('expired');
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: { retry: false, networkMode: 'always', refetchOnWindowFocus: false, staleTime: 1_000 },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
}
