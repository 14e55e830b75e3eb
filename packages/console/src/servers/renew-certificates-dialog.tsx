import { Content, List, ListItem } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { ChangeProblem, changeTimeoutMs } from '../operations/change-dialog.tsx';
import { FormDialog } from '../shell/form-dialog.tsx';
import { Loading } from '../shell/loading.tsx';
import { Refused } from '../shell/refused.tsx';
import { useRefusal } from '../shell/use-refusal.ts';
import { useFormats } from '../words/formats.ts';
import { certificatesKey } from './certificates-table.tsx';

/** Gives a server new certificates while it runs (S-01). */
export function RenewCertificatesDialog() {
  const say = useText();
  const { time } = useFormats();
  const { name = '' } = useParams();
  const refusal = useRefusal('administrator');
  const renew = (dryRun: boolean, signal?: AbortSignal) =>
    callApi('renewCertificate', {
      parameters: [name],
      body: { dryRun },
      timeoutMs: changeTimeoutMs,
      ...(signal && { signal }),
    });
  const plan = useQuery({
    queryKey: ['plan', 'renew-certificates', name],
    queryFn: ({ signal }) => renew(true, signal),
    enabled: refusal === undefined,
    staleTime: 0,
    gcTime: 0,
  });
  const title = say('certificates.renewTitle', { server: name });
  if (refusal?.key === 'refusal.needsAdministrator') return <Refused title={title} page="/servers" />;
  const replaced = plan.data?.certificates.filter(({ server, use }) => server === name && use !== null) ?? [];
  return (
    <FormDialog
      page="/servers"
      changes={[certificatesKey]}
      title={title}
      begin={say('certificates.renewBegin')}
      isReady={plan.isSuccess && !plan.isFetching}
      ask={() => renew(false)}
    >
      <Content>
        <p>{say('certificates.renewHelp')}</p>
      </Content>
      {plan.isFetching && <Loading />}
      {plan.error && <ChangeProblem error={plan.error} />}
      {plan.data && (
        <>
          <Content>
            <h2>{say('plan.title')}</h2>
          </Content>
          <List aria-label={say('plan.title')}>
            {replaced.map(({ serial, use, notAfter }) => (
              <ListItem key={serial} className="hf-wrap">
                {use !== null &&
                  say('certificates.replace', {
                    use: say(`certificateUse.${use}`),
                    serial,
                    until: time(notAfter),
                  })}
              </ListItem>
            ))}
          </List>
        </>
      )}
    </FormDialog>
  );
}
