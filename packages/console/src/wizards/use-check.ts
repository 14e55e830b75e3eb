import type { KitCheckAnswer, KitForm } from '@holdfast/contract';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { callApi } from '../api.ts';
import { useDelayed } from '../shell/delayed.ts';
import { usePreferences } from '../shell/preferences.ts';
import { describeCheck, type CreateDraft } from './draft.ts';

export interface Checked {
  readonly query: UseQueryResult<KitCheckAnswer>;
  /** The answer, also an older one while a new one is on its way. */
  readonly answer: KitCheckAnswer | undefined;
  /** The answer is about what is filled in now. */
  readonly isCurrent: boolean;
}

/** The recovery kits with their forms. */
export function useKits(): UseQueryResult<readonly KitForm[]> {
  return useQuery({
    queryKey: ['kits'],
    queryFn: async ({ signal }) => (await callApi('kits', { signal })).kits,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Has the server look up what a creation leaves open, and check what it has, whenever somebody pauses. */
export function useCheck(draft: CreateDraft, forms: readonly KitForm[]): Checked {
  const { language } = usePreferences();
  const asked = describeCheck(draft, forms);
  const key = JSON.stringify([asked, language]);
  const late = useDelayed(key);
  const query = useQuery({
    queryKey: ['check', late],
    queryFn: ({ signal }) =>
      callApi('checkKit', {
        parameters: [asked?.kit ?? ''],
        ...(asked && { body: asked.body }),
        signal,
      }),
    enabled: asked !== undefined && key === late,
    placeholderData: (before) => before,
    staleTime: 0,
    gcTime: 0,
  });
  const { data, isFetching, isPlaceholderData } = query;
  const first = data?.resources[0]?.kit;
  const answer = first === asked?.kit ? data : undefined;
  return {
    query,
    answer,
    isCurrent: key === late && !isFetching && !isPlaceholderData && answer !== undefined,
  };
}
