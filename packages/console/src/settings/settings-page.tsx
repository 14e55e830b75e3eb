import {
  Alert,
  Content,
  Flex,
  FormSelect,
  FormSelectOption,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from '@patternfly/react-core';
import type { SettingBody, SettingsAnswer } from '@holdfast/contract';
import { useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { Answered } from '../shell/answered.tsx';
import { PageFrame } from '../shell/page-frame.tsx';
import { PlainTable, type Column } from '../shell/plain-table.tsx';
import { usePreferences } from '../shell/preferences.ts';
import { RoleButton } from '../shell/role-button.tsx';
import { useReasonWords } from '../words/reasons.ts';
import { settingsKey, useSettingWords } from './setting-words.ts';

/** Every setting with its value, where that comes from, and when a new one takes effect (K-18, R-01). */
export function SettingsPage() {
  const say = useText();
  const { status } = useLive();
  const [parameters, setParameters] = useSearchParams();
  const tag = parameters.get('tag') ?? '';
  const tags = (status?.hierarchies ?? []).flatMap(({ resources }) => resources.map((one) => one.tag));
  const query = useQuery({
    queryKey: settingsKey(tag),
    queryFn: ({ signal }) => callApi('settings', { query: tag === '' ? {} : { tag }, signal }),
  });
  return (
    <PageFrame
      title={say('page.settings')}
      actions={
        <Flex>
          <RoleButton needs="administrator" path="/settings/export" words={say('configuration.export')} />
          <RoleButton needs="administrator" path="/settings/import" words={say('configuration.import')} />
          <RoleButton
            needs="administrator"
            path={tag === '' ? '/settings/change' : `/properties/${encodeURIComponent(tag)}`}
            words={say('settings.change')}
          />
        </Flex>
      }
    >
      <Toolbar>
        <ToolbarContent>
          <ToolbarItem>
            <FormSelect
              aria-label={say('settings.of')}
              value={tag}
              onChange={(_, value) => setParameters(value === '' ? {} : { tag: value }, { replace: true })}
            >
              <FormSelectOption value="" label={say('settings.wholeCluster')} />
              {tags.map((one) => (
                <FormSelectOption key={one} value={one} label={one} />
              ))}
            </FormSelect>
          </ToolbarItem>
        </ToolbarContent>
      </Toolbar>
      <Answered query={query}>{(answer) => <SettingsTable answer={answer} />}</Answered>
    </PageFrame>
  );
}

function SettingsTable({ answer: { settings, server, defaultsFile } }: { readonly answer: SettingsAnswer }) {
  const say = useText();
  const words = useReasonWords();
  const { language } = usePreferences();
  const { value, source } = useSettingWords();
  const columns: readonly Column<SettingBody>[] = [
    {
      title: say('settings.setting'),
      cell: ({ name, label }) => (
        <>
          {label[language]}
          <br />
          <code>{name}</code>
        </>
      ),
    },
    {
      title: say('settings.value'),
      cell: (setting) => (
        <>
          {value(setting)}
          {setting.warning && (
            <Alert isInline isPlain variant="warning" component="h3" title={words.reason(setting.warning)} />
          )}
        </>
      ),
    },
    { title: say('settings.source'), cell: source },
    { title: say('settings.effect'), cell: ({ effect }) => effect[language] },
    { title: say('settings.meaning'), cell: ({ help }) => help[language] },
  ];
  return (
    <>
      <PlainTable
        label={say('page.settings')}
        columns={columns}
        rows={settings}
        keyOf={({ name, tag }) => `${name} ${tag ?? ''}`}
        empty={say('settings.none')}
      />
      <Content>
        <p>
          <small>{say('settings.defaultsFile', { server, file: defaultsFile })}</small>
        </p>
      </Content>
    </>
  );
}
