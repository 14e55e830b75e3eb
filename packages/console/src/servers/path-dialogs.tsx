import { Content } from '@patternfly/react-core';
import type { PathDetail, ServerBody } from '@holdfast/contract';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams, useSearchParams } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { useDelayed } from '../shell/delayed.ts';
import { SelectField, TextField } from '../shell/fields.tsx';
import { FormDialog } from '../shell/form-dialog.tsx';
import { Problem } from '../shell/problem.tsx';
import { Refused } from '../shell/refused.tsx';
import { useRefusal } from '../shell/use-refusal.ts';
import { useFormats } from '../words/formats.ts';
import {
  createPathDraft,
  describePath,
  listWrongFields,
  standardPath,
  type PathDraft,
} from './path-draft.ts';
import { pathsKey, usePaths } from './use-paths.ts';

const overServers = { page: '/servers', changes: [pathsKey] } as const;

type PathEnd = PathDetail['ends'][number];

/** One more communication path between two servers (C-02). */
export function NewPathDialog() {
  const say = useText();
  const refusal = useRefusal('administrator');
  const { status } = useLive();
  if (refusal?.key === 'refusal.needsAdministrator')
    return <Refused title={say('paths.createTitle')} page={overServers.page} />;
  return status ? <NewPath servers={status.servers} /> : null;
}

function NewPath({ servers }: { readonly servers: readonly ServerBody[] }) {
  const say = useText();
  const [query] = useSearchParams();
  const begun = query.get('server') ?? servers[0]?.name ?? '';
  const [one, setOne] = useState<PathEnd>(() => endOf(servers, begun));
  const [other, setOther] = useState<PathEnd>(() =>
    endOf(servers, servers.find(({ name }) => name !== begun)?.name ?? ''),
  );
  const [draft, setDraft] = useState(standardPath);
  const isFit = listWrongFields(draft).length === 0;
  const body = { ends: [one, other] satisfies [PathEnd, PathEnd], ...describePath(draft) };
  const check = useCheckedPath(body, isFit);
  return (
    <FormDialog
      {...overServers}
      title={say('paths.createTitle')}
      begin={say('dialog.create')}
      isReady={isFit && check.isGood}
      ask={() => callApi('createPath', { body: { ...body, ends: [one, other] } })}
    >
      <EndFields id="one" end={one} servers={servers} onChange={setOne} />
      <EndFields id="other" end={other} servers={servers} onChange={setOther} />
      <PropertyFields draft={draft} onChange={setDraft} />
      {check.error !== null && <Problem error={check.error} />}
    </FormDialog>
  );
}

/** Has the server judge the path before anybody asks for it. */
function useCheckedPath(
  body: { readonly ends: [PathEnd, PathEnd] } & ReturnType<typeof describePath>,
  isFit: boolean,
): { readonly isGood: boolean; readonly error: unknown } {
  const key = JSON.stringify(body);
  const late = useDelayed(key);
  const query = useQuery({
    queryKey: ['plan', 'path', late],
    queryFn: ({ signal }) => callApi('createPath', { body: { ...body, dryRun: true }, signal }),
    enabled: isFit && key === late,
    staleTime: 0,
    gcTime: 0,
  });
  const isCurrent = key === late && !query.isFetching;
  return { isGood: isCurrent && query.isSuccess, error: isCurrent ? query.error : null };
}

function endOf(servers: readonly ServerBody[], server: string): PathEnd {
  return { server, address: servers.find(({ name }) => name === server)?.addresses[0] ?? '' };
}

function EndFields(props: {
  readonly id: 'one' | 'other';
  readonly end: PathEnd;
  readonly servers: readonly ServerBody[];
  readonly onChange: (end: PathEnd) => void;
}) {
  const say = useText();
  const { id, end, servers, onChange } = props;
  const addresses = servers.find(({ name }) => name === end.server)?.addresses ?? [];
  return (
    <>
      <SelectField
        id={`${id}-server`}
        label={say(id === 'one' ? 'paths.oneServer' : 'paths.otherServer')}
        value={end.server}
        choices={servers.map(({ name }) => ({ value: name, label: name }))}
        onChange={(server) => onChange(endOf(servers, server))}
      />
      <SelectField
        id={`${id}-address`}
        label={say('paths.addressOf', { server: end.server })}
        value={end.address}
        choices={addresses.map((address) => ({ value: address, label: address }))}
        onChange={(address) => onChange({ ...end, address })}
      />
    </>
  );
}

function PropertyFields(props: { readonly draft: PathDraft; readonly onChange: (draft: PathDraft) => void }) {
  const say = useText();
  const { milliseconds } = useFormats();
  const { draft, onChange } = props;
  const wrong = listWrongFields(draft);
  const { intervalMs, misses } = describePath(draft);
  return (
    <>
      <TextField
        id="path-priority"
        label={say('paths.priority')}
        help={say('paths.priorityHelp')}
        inputMode="decimal"
        value={draft.priority}
        isWrong={wrong.includes('priority')}
        onChange={(priority) => onChange({ ...draft, priority })}
      />
      <TextField
        id="path-interval"
        label={say('paths.interval')}
        help={say('paths.intervalHelp')}
        inputMode="decimal"
        value={draft.intervalS}
        isWrong={wrong.includes('intervalMs')}
        onChange={(intervalS) => onChange({ ...draft, intervalS })}
      />
      <TextField
        id="path-misses"
        label={say('paths.allowedMisses')}
        help={say('paths.allowedMissesHelp')}
        inputMode="decimal"
        value={draft.misses}
        isWrong={wrong.includes('misses')}
        onChange={(typed) => onChange({ ...draft, misses: typed })}
      />
      {wrong.length === 0 && (
        <p role="status">{say('paths.deadAfter', { time: milliseconds(intervalMs * misses) })}</p>
      )}
    </>
  );
}

/** Priority, interval and misses of a path; they hold at once, and the connection stays (C-02). */
export function ChangePathDialog() {
  const say = useText();
  const { id = '' } = useParams();
  const { data } = usePaths();
  const refusal = useRefusal('administrator');
  if (refusal?.key === 'refusal.needsAdministrator')
    return <Refused title={say('paths.changeTitle', { id })} page={overServers.page} />;
  const path = data?.paths.find((one) => one.id === id);
  return path ? <ChangePath path={path} /> : null;
}

function ChangePath({ path }: { readonly path: PathDetail }) {
  const say = useText();
  const [before] = useState(() => createPathDraft(path));
  const [draft, setDraft] = useState(before);
  const isChanged = JSON.stringify(describePath(draft)) !== JSON.stringify(describePath(before));
  return (
    <FormDialog
      {...overServers}
      title={say('paths.changeTitle', { id: path.id })}
      begin={say('dialog.save')}
      isReady={isChanged && listWrongFields(draft).length === 0}
      ask={() => callApi('changePath', { parameters: [path.id], body: describePath(draft) })}
    >
      <PropertyFields draft={draft} onChange={setDraft} />
    </FormDialog>
  );
}

/** The last path of two servers stays: the server says so before anybody asks for it. */
export function DeletePathDialog() {
  const say = useText();
  const { id = '' } = useParams();
  const refusal = useRefusal('administrator');
  const plan = useQuery({
    queryKey: ['plan', 'delete-path', id],
    queryFn: ({ signal }) => callApi('deletePath', { parameters: [id], query: { dryRun: 'true' }, signal }),
    enabled: refusal === undefined,
    staleTime: 0,
    gcTime: 0,
  });
  const title = say('paths.deleteTitle', { id });
  if (refusal?.key === 'refusal.needsAdministrator') return <Refused title={title} page={overServers.page} />;
  return (
    <FormDialog
      {...overServers}
      title={title}
      begin={say('dialog.delete')}
      isReady={plan.isSuccess}
      isDangerous
      ask={() => callApi('deletePath', { parameters: [id] })}
    >
      {plan.error ? (
        <Problem error={plan.error} />
      ) : (
        <Content>
          <p>{say('paths.deleteWarning')}</p>
        </Content>
      )}
    </FormDialog>
  );
}
