import { Checkbox, Content, Form, FormGroup, FormSelect, FormSelectOption } from '@patternfly/react-core';
import { covers } from '@holdfast/contract';
import { useState } from 'react';
import { useParams, useSearchParams } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useCaller } from '../live/session.ts';
import { ChangeDialog, changeTimeoutMs, useChange, useHierarchy } from '../operations/change-dialog.tsx';
import { Refused } from '../shell/refused.tsx';

/** Takes a hierarchy from one server (K-12). */
export function UnextendDialog() {
  const say = useText();
  const { role } = useCaller();
  const { tag = '' } = useParams();
  if (!covers(role, 'administrator')) return <Refused title={say('unextend.title', { tag })} />;
  return <Unextension tag={tag} />;
}

function Unextension({ tag }: { readonly tag: string }) {
  const say = useText();
  const [query, setQuery] = useSearchParams();
  const [force, setForce] = useState(false);
  // Once the hierarchy is taken from it, the server is among the choices no more.
  const [takenFrom, setTakenFrom] = useState('');
  const { hierarchy, open } = useHierarchy(tag);
  const servers = Object.keys(hierarchy?.priorities ?? {}).filter(
    (name) => name !== hierarchy?.owner?.server,
  );
  const server = query.get('server') ?? servers.at(-1) ?? '';
  const change = useChange({
    key: ['unextend', tag, server, force],
    isReady: server !== '',
    showsResult: true,
    ask: (dryRun, signal) => {
      if (!dryRun) setTakenFrom(server);
      return callApi('unextend', {
        parameters: [tag],
        body: { server, force, dryRun },
        timeoutMs: changeTimeoutMs,
        ...(signal && { signal }),
      });
    },
  });
  return (
    <ChangeDialog
      title={say('unextend.title', { tag })}
      begin={say('unextend.begin')}
      change={change}
      isBlocked={open}
      isDangerous
      result={say('unextend.done', { tag, server: takenFrom })}
    >
      <Form onSubmit={(event) => event.preventDefault()}>
        <FormGroup label={say('column.server')} fieldId="unextend-server">
          <FormSelect
            id="unextend-server"
            value={server}
            onChange={(_, value) => setQuery({ server: value }, { replace: true })}
          >
            {servers.length === 0 && <FormSelectOption value="" label={say('unextend.none')} />}
            {servers.map((name) => (
              <FormSelectOption key={name} value={name} label={name} />
            ))}
          </FormSelect>
        </FormGroup>
        <Checkbox
          id="unextend-force"
          label={say('unextend.force')}
          description={say('unextend.forceHelp')}
          isChecked={force}
          onChange={(_, checked) => setForce(checked)}
        />
      </Form>
    </ChangeDialog>
  );
}

/** Takes a hierarchy out of the care of Holdfast (K-13). */
export function DeleteDialog() {
  const say = useText();
  const { role } = useCaller();
  const { tag = '' } = useParams();
  if (!covers(role, 'administrator')) return <Refused title={say('delete.title', { tag })} />;
  return <Deletion tag={tag} />;
}

function Deletion({ tag }: { readonly tag: string }) {
  const say = useText();
  const [force, setForce] = useState(false);
  const { open } = useHierarchy(tag);
  const change = useChange({
    key: ['delete', tag, force],
    showsResult: true,
    ask: (dryRun, signal) =>
      callApi('delete', {
        parameters: [tag],
        query: { dryRun: String(dryRun), force: String(force) },
        timeoutMs: changeTimeoutMs,
        ...(signal && { signal }),
      }),
  });
  return (
    <ChangeDialog
      title={say('delete.title', { tag })}
      begin={say('dialog.delete')}
      change={change}
      isBlocked={open}
      isDangerous
      result={say('delete.done', { tag })}
    >
      <Content>
        <p>{say('delete.warning')}</p>
      </Content>
      <Checkbox
        id="delete-force"
        label={say('delete.force')}
        description={say('delete.forceHelp')}
        isChecked={force}
        onChange={(_, checked) => setForce(checked)}
      />
    </ChangeDialog>
  );
}
