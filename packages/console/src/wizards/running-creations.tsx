import { Alert } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';

/** Who comes back while a hierarchy is being created finds it here. */
export function RunningCreations() {
  const say = useText();
  const { data } = useQuery({
    queryKey: ['operations'],
    queryFn: ({ signal }) => callApi('operations', { signal }),
    staleTime: 0,
  });
  const running = (data?.operations ?? []).filter(
    ({ kind, state }) => kind === 'create' && state === 'running',
  );
  return running.map(({ id, hierarchy, target }) => (
    <Alert
      key={id}
      isInline
      variant="info"
      component="h2"
      title={say('creation.goesOn', { tag: hierarchy, server: target ?? '' })}
    >
      <Link to={`/operation/${encodeURIComponent(id)}`}>{say('creation.show')}</Link>
    </Alert>
  ));
}
