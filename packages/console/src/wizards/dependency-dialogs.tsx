import { Content, Form, FormGroup, FormSelect, FormSelectOption } from '@patternfly/react-core';
import { covers } from '@holdfast/contract';
import { useParams, useSearchParams } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { useCaller } from '../live/session.ts';
import { ChangeDialog, changeTimeoutMs, useChange, useHierarchy } from '../operations/change-dialog.tsx';
import { Refused } from '../shell/refused.tsx';
import { listChildren, listPossibleChildren } from './dependencies.ts';

/** Makes a resource need another one; two hierarchies become one by that (H-02). */
export function AddDependencyDialog() {
  const say = useText();
  const { role } = useCaller();
  const { tag = '' } = useParams();
  if (!covers(role, 'administrator')) return <Refused title={say('dependency.addTitle', { tag })} />;
  return <AddDependency tag={tag} />;
}

function AddDependency({ tag }: { readonly tag: string }) {
  const say = useText();
  const { status } = useLive();
  const { open } = useHierarchy(tag);
  const [child, setChild] = useChild();
  const change = useChange({
    key: ['add-dependency', tag, child],
    isReady: child !== '',
    showsResult: true,
    ask: (dryRun, signal) =>
      callApi('addDependency', {
        parameters: [tag],
        body: { child, dryRun },
        timeoutMs: changeTimeoutMs,
        ...(signal && { signal }),
      }),
  });
  return (
    <ChangeDialog
      title={say('dependency.addTitle', { tag })}
      begin={say('dependency.add')}
      change={change}
      isBlocked={open}
      result={say('dependency.added', { tag, child })}
    >
      <Content>
        <p>{say('dependency.addHelp')}</p>
      </Content>
      <ChildField
        value={child}
        choices={status ? listPossibleChildren(status, tag) : []}
        onChange={setChild}
      />
    </ChangeDialog>
  );
}

/** Makes a resource need another one no more; what nothing joins any longer becomes a hierarchy of its own (H-02). */
export function RemoveDependencyDialog() {
  const say = useText();
  const { role } = useCaller();
  const { tag = '' } = useParams();
  if (!covers(role, 'administrator')) return <Refused title={say('dependency.removeTitle', { tag })} />;
  return <RemoveDependency tag={tag} />;
}

function RemoveDependency({ tag }: { readonly tag: string }) {
  const say = useText();
  const { status } = useLive();
  const { open } = useHierarchy(tag);
  const [child, setChild] = useChild();
  const change = useChange({
    key: ['remove-dependency', tag, child],
    isReady: child !== '',
    showsResult: true,
    ask: (dryRun, signal) =>
      callApi('removeDependency', {
        parameters: [tag, child],
        query: { dryRun: String(dryRun) },
        timeoutMs: changeTimeoutMs,
        ...(signal && { signal }),
      }),
  });
  return (
    <ChangeDialog
      title={say('dependency.removeTitle', { tag })}
      begin={say('dependency.remove')}
      change={change}
      isBlocked={open}
      isDangerous
      result={say('dependency.removed', { tag, child })}
    >
      <Content>
        <p>{say('dependency.removeHelp')}</p>
      </Content>
      <ChildField value={child} choices={status ? listChildren(status, tag) : []} onChange={setChild} />
    </ChangeDialog>
  );
}

/** The child that is chosen stands in the address. */
function useChild(): readonly [string, (child: string) => void] {
  const [query, setQuery] = useSearchParams();
  return [query.get('child') ?? '', (child) => setQuery(child === '' ? {} : { child }, { replace: true })];
}

function ChildField(props: {
  readonly value: string;
  readonly choices: readonly string[];
  readonly onChange: (child: string) => void;
}) {
  const say = useText();
  const { value, choices, onChange } = props;
  return (
    <Form onSubmit={(event) => event.preventDefault()}>
      <FormGroup label={say('dependency.child')} fieldId="dependency-child" isRequired>
        <FormSelect id="dependency-child" value={value} onChange={(_, chosen) => onChange(chosen)}>
          <FormSelectOption
            value=""
            label={say(choices.length === 0 ? 'dependency.none' : 'wizard.choose')}
          />
          {choices.map((tag) => (
            <FormSelectOption key={tag} value={tag} label={tag} />
          ))}
        </FormSelect>
      </FormGroup>
    </Form>
  );
}
