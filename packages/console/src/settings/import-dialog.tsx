import { Alert, Content, FormGroup, List, ListItem, TextArea } from '@patternfly/react-core';
import type { ConfigurationDifference, ImportAnswer } from '@holdfast/contract';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { changeTimeoutMs } from '../operations/change-dialog.tsx';
import { pathsKey } from '../servers/use-paths.ts';
import { useDelayed } from '../shell/delayed.ts';
import { FormDialog } from '../shell/form-dialog.tsx';
import { Loading } from '../shell/loading.tsx';
import { PlainTable, type Column } from '../shell/plain-table.tsx';
import { Problem } from '../shell/problem.tsx';
import { Refused } from '../shell/refused.tsx';
import { useRefusal } from '../shell/use-refusal.ts';

/** Makes the configuration that of a file, in one transaction; what differs is seen first (C-11). */
export function ImportDialog() {
  const say = useText();
  const refusal = useRefusal('administrator');
  const [text, setText] = useState('');
  const [unreadable, setUnreadable] = useState<unknown>();
  const late = useDelayed(text);
  const isAsked = text.trim() !== '';
  const importText = (dryRun: boolean, signal?: AbortSignal) =>
    callApi('importConfiguration', {
      body: { text, dryRun },
      timeoutMs: changeTimeoutMs,
      ...(signal && { signal }),
    });
  const plan = useQuery({
    queryKey: ['plan', 'import', late],
    queryFn: ({ signal }) => importText(true, signal),
    enabled: refusal === undefined && isAsked && late === text,
    staleTime: 0,
    gcTime: 0,
  });
  const title = say('configuration.importTitle');
  if (refusal?.key === 'refusal.needsAdministrator') return <Refused title={title} page="/settings" />;
  const isWaiting = isAsked && (late !== text || plan.isFetching);
  return (
    <FormDialog
      page="/settings"
      changes={['settings', 'hierarchy', pathsKey]}
      size="large"
      title={title}
      begin={say('configuration.apply')}
      isReady={isAsked && !isWaiting && plan.isSuccess && plan.data.differences.length > 0}
      ask={() => importText(false)}
      result={(answer) => (
        <>
          <Alert variant="success" isInline component="h2" title={say('configuration.done')} />
          <Next commands={answer.next} />
        </>
      )}
    >
      <p>{say('configuration.importHelp')}</p>
      <FormGroup label={say('configuration.file')} fieldId="configuration-file">
        <input
          id="configuration-file"
          type="file"
          accept=".yaml,.yml"
          onChange={(event) => {
            setUnreadable(undefined);
            void event.target.files?.[0]?.text().then(setText, setUnreadable);
          }}
        />
        {unreadable !== undefined && <Problem error={unreadable} />}
      </FormGroup>
      <FormGroup label={say('configuration.text')} fieldId="configuration-text">
        <TextArea
          id="configuration-text"
          className="hf-file"
          rows={8}
          resizeOrientation="vertical"
          spellCheck={false}
          value={text}
          onChange={(_, typed) => setText(typed)}
        />
      </FormGroup>
      {isWaiting && <Loading />}
      {isAsked && !isWaiting && plan.error && <Problem error={plan.error} />}
      {isAsked && !isWaiting && plan.data && <Differences answer={plan.data} />}
    </FormDialog>
  );
}

function Differences({ answer: { differences, next } }: { readonly answer: ImportAnswer }) {
  const say = useText();
  const columns: readonly Column<ConfigurationDifference>[] = [
    { title: say('configuration.line'), cell: ({ line }) => line },
    { title: say('configuration.field'), cell: ({ field }) => <span className="hf-wrap">{field}</span> },
    { title: say('configuration.before'), cell: ({ before }) => <Value value={before} /> },
    { title: say('configuration.after'), cell: ({ after }) => <Value value={after} /> },
  ];
  return (
    <>
      <PlainTable
        label={say('configuration.differences')}
        columns={columns}
        rows={differences}
        keyOf={({ line, field }) => `${String(line)} ${field}`}
        empty={say('configuration.noDifference')}
      />
      <Next commands={next} />
    </>
  );
}

/** What has parts of its own is in the file, line by line. */
function Value({ value }: { readonly value: unknown }) {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'object') return '…';
  return <span className="hf-wrap">{typeof value === 'string' ? value : JSON.stringify(value)}</span>;
}

/** Nothing is started by an import. */
function Next({ commands }: { readonly commands: readonly string[] }) {
  const say = useText();
  if (commands.length === 0) return null;
  return (
    <>
      <Content>
        <h2>{say('configuration.next')}</h2>
      </Content>
      <List aria-label={say('configuration.next')}>
        {commands.map((command) => (
          <ListItem key={command}>
            <code>{command}</code>
          </ListItem>
        ))}
      </List>
    </>
  );
}
