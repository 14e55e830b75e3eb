import type { PathsAnswer } from '@holdfast/contract';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { callApi } from '../api.ts';

export const pathsKey = 'paths';

const pollMs = 2_000;

/** All paths of the cluster, asked again and again while somebody looks. */
export function usePaths(): UseQueryResult<PathsAnswer> {
  return useQuery({
    queryKey: [pathsKey],
    queryFn: ({ signal }) => callApi('paths', { signal }),
    refetchInterval: pollMs,
    staleTime: 0,
  });
}
