import { Checkbox, Content, List, ListItem } from '@patternfly/react-core';
import type { ServerRemovalAnswer } from '@holdfast/contract';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { ChangeProblem, changeTimeoutMs } from '../operations/change-dialog.tsx';
import { FindingList } from '../operations/finding-list.tsx';
import { FormDialog } from '../shell/form-dialog.tsx';
import { Loading } from '../shell/loading.tsx';
import { Refused } from '../shell/refused.tsx';
import { useRefusal } from '../shell/use-refusal.ts';
import { pathsKey } from './use-paths.ts';

/** Takes a server out of the cluster: a dead one, or the one that answers, which leaves (C-01). */
export function RemoveServerDialog() {
  const say = useText();
  const { name = '' } = useParams();
  const { status } = useLive();
  const [force, setForce] = useState(false);
  const refusal = useRefusal('administrator');
  const remove = (dryRun: boolean, signal?: AbortSignal) =>
    callApi('removeServer', {
      parameters: [name],
      query: { dryRun: String(dryRun), force: String(force) },
      timeoutMs: changeTimeoutMs,
      ...(signal && { signal }),
    });
  const plan = useQuery({
    queryKey: ['plan', 'remove-server', name, force],
    queryFn: ({ signal }) => remove(true, signal),
    enabled: refusal === undefined,
    staleTime: 0,
    gcTime: 0,
  });
  const title = say('servers.removeTitle', { server: name });
  if (refusal?.key === 'refusal.needsAdministrator') return <Refused title={title} page="/servers" />;
  return (
    <FormDialog
      page="/servers"
      changes={[pathsKey]}
      title={title}
      begin={say('servers.removeBegin')}
      isReady={plan.isSuccess && !plan.isFetching}
      isDangerous
      ask={() => remove(false)}
    >
      <Content>
        <p>{say(status?.answeredBy === name ? 'servers.leaveWarning' : 'servers.removeWarning')}</p>
      </Content>
      <Checkbox
        id="remove-force"
        label={say('servers.removeForce')}
        description={say('servers.removeForceHelp')}
        isChecked={force}
        onChange={(_, checked) => setForce(checked)}
      />
      {plan.isFetching && <Loading />}
      {plan.error && <ChangeProblem error={plan.error} />}
      {plan.data && <RemovalPlan answer={plan.data} />}
    </FormDialog>
  );
}

function RemovalPlan({ answer: { plan, findings } }: { readonly answer: ServerRemovalAnswer }) {
  const say = useText();
  return (
    <>
      <FindingList findings={findings} />
      <Content>
        <h2>{say('plan.title')}</h2>
      </Content>
      <List component="ol" aria-label={say('plan.title')}>
        {plan.map(({ act, server, tag }) => {
          const step = say(`removal.${act}`, { server });
          return (
            <ListItem key={`${act} ${server} ${tag ?? ''}`}>
              {tag === null ? step : say('plan.ofTag', { tag, step })}
            </ListItem>
          );
        })}
      </List>
    </>
  );
}
