import { Alert } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';

const words = { create: 'creation.goesOn', extend: 'extend.goesOn' } as const;

/** Who comes back while a hierarchy is being created, or one is being extended, finds it here. */
export function RunningOperations(props: {
  readonly kind: 'create' | 'extend';
  /** Only those of one hierarchy, by its name. */
  readonly hierarchy?: string;
}) {
  const say = useText();
  const { data } = useQuery({
    queryKey: ['operations'],
    queryFn: ({ signal }) => callApi('operations', { signal }),
    staleTime: 0,
  });
  const running = (data?.operations ?? []).filter(
    ({ kind, state, hierarchy }) =>
      kind === props.kind && state === 'running' && (props.hierarchy ?? hierarchy) === hierarchy,
  );
  return running.map(({ id, hierarchy, target }) => (
    <Alert
      key={id}
      isInline
      variant="info"
      component="h2"
      title={say(words[props.kind], { tag: hierarchy, server: target ?? '' })}
    >
      <Link to={`/operation/${encodeURIComponent(id)}`}>{say('creation.show')}</Link>
    </Alert>
  ));
}
