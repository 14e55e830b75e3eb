import {
  Alert,
  ExpandableSection,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  TextInput,
} from '@patternfly/react-core';
import type { CheckedField, CheckedResource, KitForm } from '@holdfast/contract';
import { useState } from 'react';
import { useText } from '../i18n/text.ts';
import { formatValue, shownValue, type ResourceDraft } from './draft.ts';
import { KitField } from './form-field.tsx';

/** The form of one resource: what a person is asked for, and folded away what hardly ever needs an answer. */
export function ResourceForm(props: {
  readonly draft: ResourceDraft;
  readonly form: KitForm;
  /** `undefined` until the server has answered for the first time. */
  readonly checked: CheckedResource | undefined;
  readonly server: string;
  readonly onChange: (changed: Partial<ResourceDraft>) => void;
}) {
  const say = useText();
  const { draft, form, checked, server, onChange } = props;
  const [open, setOpen] = useState(false);
  const fields = checked?.fields ?? form.fields.map(({ name }) => unanswered(name));
  const asked = fields.filter((field) => field.asked);
  const others = fields.filter((field) => !field.asked);
  const named = [...fields.map(({ name }) => name), 'tag', 'password'];
  const stray = checked?.problems.filter(({ field }) => !named.includes(field)) ?? [];
  const show = (list: readonly CheckedField[]) =>
    list.map((field) => (
      <AskedField key={field.name} {...{ draft, form, checked, server, field, onChange }} />
    ));
  return (
    <>
      {stray.map(({ code, message, remedy }) => (
        <Alert key={code} isInline variant="danger" component="h3" title={`${message} (${code})`}>
          {remedy}
        </Alert>
      ))}
      {show(asked)}
      {checked?.passwordNeeded && <PasswordField {...{ draft, checked, onChange }} />}
      <TagField {...{ draft, checked, onChange }} />
      {others.length > 0 && (
        <ExpandableSection
          isExpanded={open}
          onToggle={(_, expanded) => setOpen(expanded)}
          toggleText={say('wizard.moreFields')}
        >
          <div className="pf-v6-c-form">{show(others)}</div>
        </ExpandableSection>
      )}
    </>
  );
}

function unanswered(name: string): CheckedField {
  return { name, value: null, source: 'open', asked: true };
}

function AskedField(props: {
  readonly draft: ResourceDraft;
  readonly form: KitForm;
  readonly checked: CheckedResource | undefined;
  readonly server: string;
  readonly field: CheckedField;
  readonly onChange: (changed: Partial<ResourceDraft>) => void;
}) {
  const say = useText();
  const { draft, form, checked, server, field: answer, onChange } = props;
  const field = form.fields.find(({ name }) => name === answer.name);
  if (!field) return null;
  const isTyped = draft.answers[field.name] !== undefined;
  const origin =
    !isTyped && answer.source === 'found'
      ? say('wizard.found', { server })
      : !isTyped && answer.source === 'standard' && formatValue(answer.value) !== ''
        ? say('wizard.standard')
        : undefined;
  return (
    <KitField
      id={`field-${String(draft.key)}-${field.name}`}
      field={field}
      value={shownValue(draft, answer)}
      placeholder={answer.source === 'given' ? '' : formatValue(answer.value)}
      origin={origin}
      problems={checked?.problems.filter((problem) => problem.field === field.name) ?? []}
      onChange={(text) => onChange({ answers: { ...draft.answers, [field.name]: text } })}
    />
  );
}

interface OwnFieldProps {
  readonly draft: ResourceDraft;
  readonly checked: CheckedResource | undefined;
  readonly onChange: (changed: Partial<ResourceDraft>) => void;
}

function TagField({ draft, checked, onChange }: OwnFieldProps) {
  const say = useText();
  const problems = checked?.problems.filter(({ field }) => field === 'tag') ?? [];
  const id = `tag-${String(draft.key)}`;
  return (
    <FormGroup label={say('column.tag')} fieldId={id}>
      <TextInput
        id={id}
        value={draft.tag}
        placeholder={checked?.tag ?? ''}
        validated={problems.length > 0 ? 'error' : 'default'}
        autoComplete="off"
        onChange={(_, tag) => onChange({ tag })}
      />
      <FormHelperText>
        <HelperText isLiveRegion>
          {problems.map(({ code, message, remedy }) => (
            <HelperTextItem key={code} variant="error">
              {message} ({code}). {remedy}
            </HelperTextItem>
          ))}
          <HelperTextItem>{say('wizard.tagHelp')}</HelperTextItem>
        </HelperText>
      </FormHelperText>
    </FormGroup>
  );
}

function PasswordField({ draft, checked, onChange }: OwnFieldProps) {
  const say = useText();
  const id = `password-${String(draft.key)}`;
  const isOpen = checked?.problems.some(({ field }) => field === 'password') ?? false;
  return (
    <FormGroup label={say('wizard.servicePassword')} fieldId={id} isRequired>
      <TextInput
        id={id}
        type="password"
        autoComplete="off"
        value={draft.password}
        validated={isOpen ? 'error' : 'default'}
        onChange={(_, password) => onChange({ password })}
      />
      <FormHelperText>
        <HelperText>
          <HelperTextItem>{say('wizard.passwordHelp')}</HelperTextItem>
        </HelperText>
      </FormHelperText>
    </FormGroup>
  );
}
