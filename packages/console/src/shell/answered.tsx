import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Loading } from './loading.tsx';
import { Problem } from './problem.tsx';

/** What was asked of the API, once it is answered. With a failure, what was answered before stays beneath it. */
export function Answered<T>({
  query: { data, error, isPending },
  children,
}: {
  readonly query: Pick<UseQueryResult<T>, 'data' | 'error' | 'isPending'>;
  readonly children: (data: T) => ReactNode;
}) {
  return (
    <>
      {error !== null && <Problem error={error} />}
      {data === undefined ? isPending && <Loading /> : children(data)}
    </>
  );
}
