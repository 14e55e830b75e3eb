import {
  Button,
  Content,
  Form,
  FormGroup,
  FormHelperText,
  FormSelect,
  FormSelectOption,
  HelperText,
  HelperTextItem,
  Switch,
  TextInput,
} from '@patternfly/react-core';
import { profileName, type SettingBody, type SettingsAnswer } from '@holdfast/contract';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { ChangeList } from '../operations/change-list.tsx';
import { Answered } from '../shell/answered.tsx';
import { useDelayed } from '../shell/delayed.ts';
import { Loading } from '../shell/loading.tsx';
import { PageDialog, useCloseDialog } from '../shell/page-dialog.tsx';
import { usePreferences } from '../shell/preferences.ts';
import { Problem } from '../shell/problem.tsx';
import {
  createSettingsDraft,
  describeSettingsChange,
  listTunables,
  listWrongTunables,
  type SettingsDraft,
} from './change.ts';
import { settingsKey, useSettingWords } from './setting-words.ts';

const formId = 'settings-form';

/** Profile, maintenance and limits of the whole cluster. */
export function SettingsDialog() {
  const say = useText();
  const close = useCloseDialog('/settings');
  const queries = useQueryClient();
  const { refresh } = useLive();
  const [draft, setDraft] = useState<SettingsDraft>();
  // What the form began with: what others change meanwhile is not undone by it.
  const query = useQuery({
    queryKey: settingsKey(''),
    queryFn: ({ signal }) => callApi('settings', { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const { data } = query;
  const body = data && draft ? describeSettingsChange(data, draft) : {};
  const isChanged = Object.keys(body).length > 0;
  const isWrong = draft !== undefined && listWrongTunables(draft).length > 0;
  const key = JSON.stringify(body);
  const late = useDelayed(key);
  const isCurrent = isChanged && !isWrong && late === key;
  const plan = useQuery({
    queryKey: ['plan', 'settings', late],
    queryFn: ({ signal }) => callApi('changeSettings', { body: { ...body, dryRun: true }, signal }),
    enabled: isCurrent,
    staleTime: 0,
    gcTime: 0,
  });
  const change = useMutation({
    mutationFn: () => callApi('changeSettings', { body }),
    onSuccess: async () => {
      refresh();
      await queries.invalidateQueries({ queryKey: ['settings'] });
      close();
    },
  });
  return (
    <PageDialog
      title={say('settings.changeTitle')}
      onClose={close}
      size="large"
      actions={
        <Button
          type="submit"
          form={formId}
          isLoading={change.isPending}
          isDisabled={!isCurrent || !plan.isSuccess || plan.isFetching || change.isPending}
        >
          {say('dialog.save')}
        </Button>
      }
    >
      <Answered query={query}>
        {(answer) => (
          <Form
            id={formId}
            onSubmit={(event) => {
              event.preventDefault();
              change.mutate();
            }}
          >
            {change.error && <Problem error={change.error} />}
            <SettingsFields
              answer={answer}
              draft={draft ?? createSettingsDraft(answer)}
              onChange={setDraft}
            />
            {isCurrent && plan.isPending && <Loading />}
            {isCurrent && plan.error && <Problem error={plan.error} />}
            {isCurrent && plan.data && (
              <>
                <Content>
                  <h2>{say('plan.title')}</h2>
                </Content>
                <ChangeList changes={plan.data.changes} />
              </>
            )}
          </Form>
        )}
      </Answered>
    </PageDialog>
  );
}

function SettingsFields(props: {
  readonly answer: SettingsAnswer;
  readonly draft: SettingsDraft;
  readonly onChange: (draft: SettingsDraft) => void;
}) {
  const { language } = usePreferences();
  const { answer, draft, onChange } = props;
  const named = (name: string): SettingBody | undefined => answer.settings.find((one) => one.name === name);
  const profile = named('profile');
  const maintenance = named('maintenance');
  const wrong = listWrongTunables(draft);
  return (
    <>
      <FormGroup label={profile?.label[language]} fieldId="profile">
        <FormSelect
          id="profile"
          value={draft.profile}
          onChange={(_, value) => onChange({ ...draft, profile: value })}
        >
          {profileName.options
            .filter((name) => name !== 'test' || answer.profile === 'test')
            .map((name) => (
              <FormSelectOption key={name} value={name} label={name} />
            ))}
        </FormSelect>
        <Hint text={profile?.help[language]} />
      </FormGroup>
      <FormGroup>
        <Switch
          id="maintenance"
          label={maintenance?.label[language]}
          isChecked={draft.maintenance}
          onChange={(_, checked) => onChange({ ...draft, maintenance: checked })}
        />
        <Hint text={maintenance?.help[language]} />
      </FormGroup>
      {listTunables(answer).map((setting) => (
        <TunableField
          key={setting.name}
          setting={setting}
          value={draft.tunables[setting.name] ?? ''}
          isWrong={wrong.includes(setting.name)}
          onChange={(value) => onChange({ ...draft, tunables: { ...draft.tunables, [setting.name]: value } })}
        />
      ))}
    </>
  );
}

function TunableField(props: {
  readonly setting: SettingBody;
  readonly value: string;
  readonly isWrong: boolean;
  readonly onChange: (value: string) => void;
}) {
  const say = useText();
  const { language } = usePreferences();
  const words = useSettingWords();
  const { setting, value, isWrong, onChange } = props;
  const { name, label, help, source } = setting;
  const without = source === 'cluster' ? say('settings.takenBack') : words.value(setting);
  return (
    <FormGroup label={`${label[language]} (${name})`} fieldId={name}>
      <TextInput
        id={name}
        inputMode="numeric"
        value={value}
        placeholder={without}
        validated={isWrong ? 'error' : 'default'}
        onChange={(_, typed) => onChange(typed)}
      />
      <Hint text={isWrong ? say('settings.wholeNumber') : help[language]} isWrong={isWrong} />
    </FormGroup>
  );
}

function Hint({ text, isWrong = false }: { readonly text: string | undefined; readonly isWrong?: boolean }) {
  if (text === undefined) return null;
  return (
    <FormHelperText>
      <HelperText>
        <HelperTextItem variant={isWrong ? 'error' : 'default'}>{text}</HelperTextItem>
      </HelperText>
    </FormHelperText>
  );
}
