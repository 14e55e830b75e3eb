import {
  ExpandableSection,
  Form,
  FormGroup,
  FormHelperText,
  FormSelect,
  FormSelectOption,
  HelperText,
  HelperTextItem,
  TextInput,
} from '@patternfly/react-core';
import { covers, type FindingBody, type HierarchyAnswer, type KitForm } from '@holdfast/contract';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams, useSearchParams } from 'react-router';
import { ApiError, callApi, rehearseExtension } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { useCaller } from '../live/session.ts';
import {
  ChangeDialog,
  changeTimeoutMs,
  useChange,
  useHierarchy,
  type Change,
} from '../operations/change-dialog.tsx';
import { Refused } from '../shell/refused.tsx';
import { ChecksProgress } from './checks-progress.tsx';
import { formatValue, isPriority } from './draft.ts';
import { describeDifferences, listOpenServers, type Differences } from './extension.ts';
import { KitField } from './form-field.tsx';
import { RunningOperations } from './running-operations.tsx';
import { useKits } from './use-check.ts';

/** Makes a hierarchy able to run on one more server (K-10, K-11). */
export function ExtendDialog() {
  const say = useText();
  const { role } = useCaller();
  const { tag = '' } = useParams();
  if (!covers(role, 'administrator')) return <Refused title={say('extend.title', { tag })} />;
  return <Extension tag={tag} />;
}

function Extension({ tag }: { readonly tag: string }) {
  const say = useText();
  const [query, setQuery] = useSearchParams();
  const { status } = useLive();
  const { hierarchy, open } = useHierarchy(tag);
  const kits = useKits();
  const details = useQuery({
    queryKey: ['hierarchy', tag],
    queryFn: ({ signal }) => callApi('hierarchy', { parameters: [tag], signal }),
  });
  const [priority, setPriority] = useState('');
  const [differences, setDifferences] = useState<Differences>({});
  const [findings, setFindings] = useState<readonly FindingBody[]>([]);
  const [passwords, setPasswords] = useState<Readonly<Record<string, string>>>({});
  const servers = hierarchy && status ? listOpenServers(status, hierarchy) : [];
  const server = query.get('server') ?? servers[0] ?? '';
  const parameters = describeDifferences(differences, details.data, kits.data ?? []);
  const isGiven = priority.trim() !== '';
  const change = useChange({
    // A password is in no key; only whether there is one.
    key: [
      'extend',
      tag,
      server,
      priority,
      parameters,
      Object.keys(passwords).filter((one) => passwords[one]),
    ],
    isReady: server !== '' && (!isGiven || isPriority(priority)),
    ask: (dryRun, signal) => {
      const asked = {
        parameters: [tag],
        body: {
          ...{ server, parameters, passwords, dryRun, wait: false },
          ...(isGiven && { priority: Number(priority) }),
        },
        timeoutMs: changeTimeoutMs,
        ...(signal && { signal }),
      };
      if (!dryRun) return callApi('extend', asked);
      setFindings([]);
      return rehearseExtension(asked, (more) => {
        if (signal?.aborted !== true) setFindings((before) => [...before, ...more]);
      });
    },
  });
  return (
    <ChangeDialog
      title={say('extend.title', { tag })}
      begin={say('extend.begin')}
      change={change}
      isBlocked={open}
      progress={
        <ChecksProgress
          server={server}
          tags={hierarchy?.resources.map((resource) => resource.tag) ?? []}
          findings={findings}
        />
      }
    >
      {hierarchy && <RunningOperations kind="extend" hierarchy={hierarchy.id} />}
      <Form onSubmit={(event) => event.preventDefault()}>
        <FormGroup label={say('extend.server')} fieldId="extend-server">
          <FormSelect
            id="extend-server"
            value={server}
            onChange={(_, value) => setQuery({ server: value }, { replace: true })}
          >
            {servers.length === 0 && <FormSelectOption value="" label={say('refusal.extendedEverywhere')} />}
            {servers.map((name) => (
              <FormSelectOption key={name} value={name} label={name} />
            ))}
          </FormSelect>
        </FormGroup>
        <PriorityField value={priority} onChange={setPriority} />
        {server !== '' && details.data && kits.data && (
          <DifferenceFields
            hierarchy={details.data}
            forms={kits.data}
            server={server}
            differences={differences}
            onChange={setDifferences}
          />
        )}
        {listPasswords(change.plan, passwords).map((name) => (
          <PasswordField
            key={name}
            tag={name}
            value={passwords[name] ?? ''}
            onChange={(password) => setPasswords({ ...passwords, [name]: password })}
          />
        ))}
      </Form>
    </ChangeDialog>
  );
}

/** Resources whose new service wants a password there, and those that have been given one. */
function listPasswords(
  { data, error }: Change['plan'],
  given: Readonly<Record<string, string>>,
): readonly string[] {
  const refused = error instanceof ApiError ? (error.body?.findings ?? []) : [];
  const wanted = [...(data?.findings ?? []), ...refused].flatMap(({ check, outcome, tag }) =>
    check === 'password' && outcome === 'failed' && tag !== null ? [tag] : [],
  );
  return [...new Set([...wanted, ...Object.keys(given)])];
}

/** Used once, and kept nowhere (K-04). */
function PasswordField(props: {
  readonly tag: string;
  readonly value: string;
  readonly onChange: (password: string) => void;
}) {
  const say = useText();
  const { tag, value, onChange } = props;
  const id = `extend-password-${tag}`;
  return (
    <FormGroup label={say('extend.passwordOf', { tag })} fieldId={id}>
      <TextInput
        id={id}
        type="password"
        autoComplete="off"
        value={value}
        onChange={(_, password) => onChange(password)}
      />
      <FormHelperText>
        <HelperText>
          <HelperTextItem>{say('wizard.passwordHelp')}</HelperTextItem>
        </HelperText>
      </FormHelperText>
    </FormGroup>
  );
}

function PriorityField(props: { readonly value: string; readonly onChange: (value: string) => void }) {
  const say = useText();
  const { value, onChange } = props;
  return (
    <FormGroup label={say('wizard.priority')} fieldId="extend-priority">
      <TextInput
        id="extend-priority"
        inputMode="numeric"
        value={value}
        placeholder={say('extend.nextPriority')}
        validated={value.trim() === '' || isPriority(value) ? 'default' : 'error'}
        onChange={(_, typed) => onChange(typed)}
      />
      <FormHelperText>
        <HelperText>
          <HelperTextItem>{say('wizard.priorityHelp')}</HelperTextItem>
        </HelperText>
      </FormHelperText>
    </FormGroup>
  );
}

/** What belongs to one server only; left empty, it is looked up there, or is as on the others. */
function DifferenceFields(props: {
  readonly hierarchy: HierarchyAnswer;
  readonly forms: readonly KitForm[];
  readonly server: string;
  readonly differences: Differences;
  readonly onChange: (differences: Differences) => void;
}) {
  const say = useText();
  const [open, setOpen] = useState(false);
  const { hierarchy, forms, server, differences, onChange } = props;
  const fields = hierarchy.resources.flatMap(({ tag, kit, perServer }) =>
    (forms.find(({ name }) => name === kit)?.fields ?? [])
      .filter((field) => field.perServer)
      .map((field) => ({ tag, field, like: Object.values(perServer)[0]?.[field.name] })),
  );
  return (
    <ExpandableSection
      isExpanded={open}
      onToggle={(_, expanded) => setOpen(expanded)}
      toggleText={say('extend.differs', { server })}
    >
      <div className="pf-v6-c-form">
        {fields.map(({ tag, field, like }) => (
          <KitField
            key={`${tag} ${field.name}`}
            id={`extend-${tag}-${field.name}`}
            field={{ ...field, required: false }}
            value={differences[tag]?.[field.name] ?? ''}
            placeholder={formatValue(like)}
            origin={tag}
            onChange={(text) =>
              onChange({ ...differences, [tag]: { ...differences[tag], [field.name]: text } })
            }
          />
        ))}
      </div>
    </ExpandableSection>
  );
}
