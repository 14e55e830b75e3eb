import {
  FormGroup,
  FormHelperText,
  FormSection,
  HelperText,
  HelperTextItem,
  TextInput,
} from '@patternfly/react-core';
import type { FormField, FormTunable, KitForm } from '@holdfast/contract';
import { useText } from '../i18n/text.ts';
import { usePreferences } from '../shell/preferences.ts';
import { KitField } from '../wizards/form-field.tsx';
import { checkProperties, type ResourceProperties } from './draft.ts';
import type { FieldsProps } from './hierarchy-fields.tsx';
import { NumberField } from './number-field.tsx';

interface ResourceFieldsProps extends FieldsProps {
  readonly tag: string;
  readonly form: KitForm | undefined;
}

/** What holds for one resource: its checks, its limits, its parameters. */
export function ResourceFields(props: ResourceFieldsProps) {
  const { draft, tag, onChange } = props;
  const resource = draft.resources[tag];
  if (!resource) return null;
  const change = (changed: Partial<ResourceProperties>): void =>
    onChange({ ...draft, resources: { ...draft.resources, [tag]: { ...resource, ...changed } } });
  return (
    <>
      <Checks {...props} resource={resource} change={change} />
      <Parameters {...props} resource={resource} change={change} />
      <Tunables {...props} resource={resource} change={change} />
    </>
  );
}

interface SectionProps extends ResourceFieldsProps {
  readonly resource: ResourceProperties;
  readonly change: (changed: Partial<ResourceProperties>) => void;
}

function Checks({ tag, resource, wrong, isReadOnly, change }: SectionProps) {
  const say = useText();
  return (
    <FormSection title={say('properties.checks')} titleElement="h2">
      {checkProperties.map(({ name, setting, kind }) => (
        <NumberField
          key={name}
          id={`property-${tag}-${name}`}
          setting={setting}
          kind={kind}
          value={resource.checks[name] ?? ''}
          isWrong={wrong.includes(`${tag} ${name}`)}
          isReadOnly={isReadOnly}
          onChange={(typed) => change({ checks: { ...resource.checks, [name]: typed } })}
        />
      ))}
    </FormSection>
  );
}

function Parameters({ tag, form, resource, isReadOnly, change }: SectionProps) {
  const say = useText();
  const servers = Object.keys(resource.perServer);
  const show = (field: FormField, own: Readonly<Record<string, string>>, server?: string) => (
    <KitField
      key={`${server ?? ''} ${field.name}`}
      id={`property-${tag}-${server ?? ''}-${field.name}`}
      field={{ ...field, required: false }}
      value={own[field.name] ?? ''}
      origin={server}
      isReadOnly={isReadOnly}
      onChange={(text) =>
        change(
          server === undefined
            ? { parameters: { ...own, [field.name]: text } }
            : { perServer: { ...resource.perServer, [server]: { ...own, [field.name]: text } } },
        )
      }
    />
  );
  const fields = form?.fields ?? [];
  const isKnown = (name: string, own: Readonly<Record<string, string>>): boolean =>
    !isReadOnly || name in own;
  return (
    <FormSection title={say('properties.parameters')} titleElement="h2">
      {fields
        .filter(({ name, perServer }) => !perServer && isKnown(name, resource.parameters))
        .map((field) => show(field, resource.parameters))}
      {servers.flatMap((server) => {
        const own = resource.perServer[server] ?? {};
        return fields
          .filter(({ name, perServer }) => perServer && isKnown(name, own))
          .map((field) => show(field, own, server));
      })}
    </FormSection>
  );
}

function Tunables({ tag, form, resource, wrong, isReadOnly, change }: SectionProps) {
  const say = useText();
  const { language } = usePreferences();
  if (!form || form.tunables.length === 0) return null;
  const helpOf = ({ name, help, effect }: FormTunable): string =>
    wrong.includes(`${tag} ${name}`)
      ? say('settings.wholeNumber')
      : say('properties.tunableHelp', { help: help[language], effect: effect[language] });
  return (
    <FormSection title={say('properties.tunables')} titleElement="h2">
      {form.tunables.map((tunable) => {
        const { name, label, unit } = tunable;
        const isWrong = wrong.includes(`${tag} ${name}`);
        const id = `property-${tag}-${name}`;
        return (
          <FormGroup key={name} label={`${label[language]} (${name}, ${unit[language]})`} fieldId={id}>
            <TextInput
              id={id}
              inputMode="numeric"
              value={resource.tunables[name] ?? ''}
              placeholder={say('properties.notSet')}
              validated={isWrong ? 'error' : 'default'}
              {...(isReadOnly && { readOnlyVariant: 'plain' as const })}
              onChange={(_, typed) => change({ tunables: { ...resource.tunables, [name]: typed } })}
            />
            <FormHelperText>
              <HelperText>
                <HelperTextItem variant={isWrong ? 'error' : 'default'}>{helpOf(tunable)}</HelperTextItem>
              </HelperText>
            </FormHelperText>
          </FormGroup>
        );
      })}
    </FormSection>
  );
}
