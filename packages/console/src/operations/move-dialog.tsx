import { Content, FormGroup, FormSelect, FormSelectOption, Form } from '@patternfly/react-core';
import { useParams, useSearchParams } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { ChangeDialog, useChange, useHierarchy } from './change-dialog.tsx';

/** In Service, here or where it is preferred: the plan first, then the move (H-04, H-06). */
export function MoveDialog() {
  const say = useText();
  const { tag = '' } = useParams();
  const [query, setQuery] = useSearchParams();
  const server = query.get('server') ?? '';
  const { hierarchy, open } = useHierarchy(tag);
  const change = useChange({
    key: ['in-service', tag, server, hierarchy?.owner?.server ?? ''],
    ask: (dryRun, signal) =>
      callApi('inService', {
        parameters: [tag],
        body: { dryRun, ...(server !== '' && { server }) },
        ...(signal && { signal }),
      }),
  });
  const servers = Object.entries(hierarchy?.priorities ?? {}).sort(([, one], [, other]) => one - other);
  return (
    <ChangeDialog
      title={say('move.title', { tag })}
      begin={say('move.begin')}
      change={change}
      isBlocked={open}
    >
      <Form onSubmit={(event) => event.preventDefault()}>
        <FormGroup label={say('move.target')} fieldId="move-target">
          <FormSelect
            id="move-target"
            value={server}
            onChange={(_, value) => setQuery(value === '' ? {} : { server: value }, { replace: true })}
          >
            <FormSelectOption value="" label={say('move.preferred')} />
            {servers.map(([name, priority]) => (
              <FormSelectOption
                key={name}
                value={name}
                label={say(
                  hierarchy?.owner?.server === name ? 'move.currentServer' : 'move.serverWithPriority',
                  { server: name, priority },
                )}
              />
            ))}
          </FormSelect>
        </FormGroup>
      </Form>
    </ChangeDialog>
  );
}

/** Out of Service: stopped everywhere, on purpose. */
export function StopDialog() {
  const say = useText();
  const { tag = '' } = useParams();
  const { hierarchy, open } = useHierarchy(tag);
  const change = useChange({
    key: ['out-of-service', tag, hierarchy?.owner?.server ?? ''],
    ask: (dryRun, signal) =>
      callApi('outOfService', { parameters: [tag], body: { dryRun }, ...(signal && { signal }) }),
  });
  return (
    <ChangeDialog
      title={say('stop.title', { tag })}
      begin={say('stop.begin')}
      change={change}
      isBlocked={open}
      isDangerous
    >
      <Content>
        <p>{say('stop.warning', { tag })}</p>
      </Content>
    </ChangeDialog>
  );
}
