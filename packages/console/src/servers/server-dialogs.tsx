import { Checkbox, ClipboardCopy, Content, DescriptionList } from '@patternfly/react-core';
import type { ServerBody } from '@holdfast/contract';
import { useState } from 'react';
import { useParams } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { SelectField } from '../shell/fields.tsx';
import { FormDialog } from '../shell/form-dialog.tsx';
import { Refused } from '../shell/refused.tsx';
import { Term } from '../shell/term.tsx';
import { useRefusal } from '../shell/use-refusal.ts';
import { useReasonWords } from '../words/reasons.ts';
import { ServerState } from '../words/states.tsx';

/** What a server is, and what is set for it (R-07, C-07). Who may not change it sees it. */
export function ServerDialog({ page }: { readonly page: '/' | '/servers' }) {
  const { name = '' } = useParams();
  const { status } = useLive();
  const server = status?.servers.find((one) => one.name === name);
  return server ? <ServerProperties key={name} server={server} page={page} /> : null;
}

function ServerProperties({ server, page }: { readonly server: ServerBody; readonly page: string }) {
  const say = useText();
  const words = useReasonWords();
  const refusal = useRefusal('administrator');
  const { name, state, role, reason, version, addresses, port } = server;
  const [before] = useState<Policy>({
    confirmFailover: server.confirmFailover,
    blockFailover: server.blockFailover,
    shutdownStops: server.shutdownStrategy === 'stop',
  });
  const [policy, setPolicy] = useState(before);
  const isChanged = policyNames.some((one) => policy[one] !== before[one]);
  const { shutdownStops, ...others } = policy;
  const body = { ...others, shutdownStrategy: shutdownStops ? 'stop' : 'switchover' } as const;
  return (
    <FormDialog
      page={page}
      changes={[]}
      title={say('servers.propertiesTitle', { server: name })}
      begin={say('dialog.save')}
      isReady={isChanged && refusal === undefined}
      ask={() => callApi('changeServer', { parameters: [name], body })}
    >
      <DescriptionList isHorizontal isCompact>
        <Term name={say('servers.state')}>
          <ServerState state={state} />
          {reason && <div className="hf-subtle">{words.reason(reason)}</div>}
        </Term>
        <Term name={say('servers.role')}>{say(`serverRole.${role}`)}</Term>
        <Term name={say('about.addresses')}>
          {addresses.join(', ')} ({port})
        </Term>
        <Term name={say('servers.version')}>{version ?? '–'}</Term>
      </DescriptionList>
      {role === 'member' &&
        policyNames.map((one) => (
          <PolicyBox
            key={one}
            name={one}
            policy={policy}
            isLocked={refusal !== undefined}
            onChange={setPolicy}
          />
        ))}
      {refusal?.key === 'refusal.needsAdministrator' && <p>{say('refusal.needsAdministrator')}</p>}
    </FormDialog>
  );
}

interface Policy {
  readonly confirmFailover: boolean;
  readonly blockFailover: boolean;
  readonly shutdownStops: boolean;
}

const policyNames = ['confirmFailover', 'blockFailover', 'shutdownStops'] as const;
const policyIds: Readonly<Record<keyof Policy, string>> = {
  confirmFailover: 'confirm-failover',
  blockFailover: 'block-failover',
  shutdownStops: 'shutdown-stops',
};

function PolicyBox(props: {
  readonly name: keyof Policy;
  readonly policy: Policy;
  readonly isLocked: boolean;
  readonly onChange: (policy: Policy) => void;
}) {
  const say = useText();
  const { name, policy, isLocked, onChange } = props;
  return (
    <Checkbox
      id={policyIds[name]}
      label={say(`servers.${name}`)}
      description={say(`servers.${name}Help`)}
      isChecked={policy[name]}
      isDisabled={isLocked}
      onChange={(_, checked) => onChange({ ...policy, [name]: checked })}
    />
  );
}

const minuteMs = 60_000;
const validMinutes = ['10', '60', '1440'] as const;

/** A token with which one more server joins (C-01); the command that uses it is typed on that server. */
export function NewServerDialog() {
  const say = useText();
  const refusal = useRefusal('administrator');
  const [minutes, setMinutes] = useState<(typeof validMinutes)[number]>('10');
  if (refusal?.key === 'refusal.needsAdministrator')
    return <Refused title={say('servers.newTitle')} page="/servers" />;
  return (
    <FormDialog
      page="/servers"
      changes={[]}
      title={say('servers.newTitle')}
      begin={say('servers.makeToken')}
      isReady
      ask={() => callApi('token', { body: { validForMs: Number(minutes) * minuteMs } })}
      result={({ token }) => (
        <Content>
          <p>{say('servers.tokenOnce')}</p>
          <ClipboardCopy isReadOnly hoverTip={say('access.copy')} clickTip={say('access.copied')}>
            {token}
          </ClipboardCopy>
          <p>{say('servers.joinHelp')}</p>
          <pre>holdfast join - --name NAME --address ADDRESS</pre>
        </Content>
      )}
    >
      <SelectField
        id="token-validity"
        label={say('access.validity')}
        value={minutes}
        choices={validMinutes.map((count) => ({
          value: count,
          label: say('servers.minutes', { count }),
        }))}
        onChange={setMinutes}
      />
    </FormDialog>
  );
}
