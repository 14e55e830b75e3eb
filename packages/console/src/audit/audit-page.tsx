import {
  FormSelect,
  FormSelectOption,
  SearchInput,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from '@patternfly/react-core';
import type { AuditBody } from '@holdfast/contract';
import { useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { Answered } from '../shell/answered.tsx';
import { useDelayed } from '../shell/delayed.ts';
import { PageFrame } from '../shell/page-frame.tsx';
import { PlainTable, type Column } from '../shell/plain-table.tsx';
import { useFormats } from '../words/formats.ts';

const limits = ['100', '1000'] as const;
const pollMs = 5_000;

/** Who asked for which change, from where, and what came of it (S-03). */
export function AuditPage() {
  const say = useText();
  const [parameters, setParameters] = useSearchParams();
  const search = (parameters.get('search') ?? '').slice(0, 200);
  const limit = limits.find((one) => one === parameters.get('limit')) ?? limits[0];
  const asked = useDelayed(search.trim());
  const query = useQuery({
    queryKey: ['audit', asked, limit],
    queryFn: ({ signal }) =>
      callApi('audit', { query: { limit, ...(asked !== '' && { search: asked }) }, signal }),
    placeholderData: (before) => before,
    refetchInterval: pollMs,
  });
  const change = (name: string, value: string): void =>
    setParameters(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === '') next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  return (
    <PageFrame title={say('page.audit')}>
      <Toolbar>
        <ToolbarContent>
          <ToolbarItem>
            <SearchInput
              aria-label={say('audit.search')}
              placeholder={say('audit.search')}
              value={search}
              onChange={(_, value) => change('search', value)}
              onClear={() => change('search', '')}
            />
          </ToolbarItem>
          <ToolbarItem>
            <FormSelect
              aria-label={say('audit.limit')}
              value={limit}
              onChange={(_, value) => change('limit', value)}
            >
              {limits.map((count) => (
                <FormSelectOption key={count} value={count} label={say('audit.last', { count })} />
              ))}
            </FormSelect>
          </ToolbarItem>
        </ToolbarContent>
      </Toolbar>
      <Answered query={query}>{({ records }) => <Records records={records} />}</Answered>
    </PageFrame>
  );
}

function Records({ records }: { readonly records: readonly AuditBody[] }) {
  const say = useText();
  const { time } = useFormats();
  const columns: readonly Column<AuditBody>[] = [
    { title: say('column.time'), cell: ({ at }) => <time dateTime={at}>{time(at)}</time>, isShort: true },
    { title: say('audit.who'), cell: ({ who }) => who },
    { title: say('audit.from'), cell: ({ from }) => from },
    { title: say('column.server'), cell: ({ server }) => server },
    { title: say('audit.what'), cell: ({ what }) => <code>{what}</code> },
    { title: say('audit.asked'), cell: ({ asked }) => <code className="hf-wrap">{asked}</code> },
    { title: say('column.outcome'), cell: ({ status, error }) => error ?? String(status) },
  ];
  return (
    <PlainTable
      label={say('page.audit')}
      columns={columns}
      rows={records.toReversed()}
      keyOf={({ id }) => id}
      empty={say('audit.none')}
    />
  );
}
