import {
  Form,
  FormGroup,
  FormHelperText,
  FormSelect,
  FormSelectOption,
  HelperText,
  HelperTextItem,
  Radio,
  TextInput,
} from '@patternfly/react-core';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { chooseKit, isPriority } from './draft.ts';
import { useKitName } from './kit-name.ts';
import type { StepProps } from './step.ts';

/** Which recovery kit, on which server, and how preferred that server is. */
export function PlaceStep({ draft, forms, onChange }: Omit<StepProps, 'checked'>) {
  const say = useText();
  const kitName = useKitName();
  const { status } = useLive();
  const servers = (status?.servers ?? []).filter(({ role }) => role === 'member');
  const ordered = [...forms].sort((one, other) => Number(one.standsBeneath) - Number(other.standsBeneath));
  return (
    <Form onSubmit={(event) => event.preventDefault()}>
      <FormGroup role="radiogroup" label={say('wizard.kit')} fieldId="kit" isStack>
        {ordered.map(({ name, standsBeneath }) => (
          <Radio
            key={name}
            id={`kit-${name}`}
            name="kit"
            label={kitName(name)}
            {...(standsBeneath && { description: say('wizard.standsBeneath') })}
            isChecked={draft.resources[0]?.kit === name}
            onChange={() => onChange(chooseKit(draft, name))}
          />
        ))}
      </FormGroup>
      <FormGroup label={say('column.server')} fieldId="create-server">
        <FormSelect
          id="create-server"
          value={draft.server}
          onChange={(_, server) => onChange({ ...draft, server })}
        >
          {servers.map(({ name }) => (
            <FormSelectOption key={name} value={name} label={name} />
          ))}
        </FormSelect>
        <FormHelperText>
          <HelperText>
            <HelperTextItem>{say('wizard.serverHelp')}</HelperTextItem>
          </HelperText>
        </FormHelperText>
      </FormGroup>
      <FormGroup label={say('wizard.priority')} fieldId="create-priority">
        <TextInput
          id="create-priority"
          inputMode="numeric"
          value={draft.priority}
          validated={isPriority(draft.priority) ? 'default' : 'error'}
          onChange={(_, priority) => onChange({ ...draft, priority })}
        />
        <FormHelperText>
          <HelperText>
            <HelperTextItem>{say('wizard.priorityHelp')}</HelperTextItem>
          </HelperText>
        </FormHelperText>
      </FormGroup>
    </Form>
  );
}
