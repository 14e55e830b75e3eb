import {
  Button,
  FormSelect,
  FormSelectOption,
  SearchInput,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from '@patternfly/react-core';
import type { EventBody } from '@holdfast/contract';
import { useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { Answered } from '../shell/answered.tsx';
import { useDelayed } from '../shell/delayed.ts';
import { PageFrame } from '../shell/page-frame.tsx';
import { PlainTable, type Column } from '../shell/plain-table.tsx';
import { useFormats } from '../words/formats.ts';
import { useReasonWords } from '../words/reasons.ts';
import { Severity } from '../words/severity.tsx';
import { describeQuery, fewEvents, filterNames, manyEvents, readFilter, type EventFilter } from './filter.ts';

/** What happened, the newest first, as it happens. The filter is in the address: a link shows the same. */
export function EventsPage() {
  const say = useText();
  const { events } = useLive();
  const [parameters, setParameters] = useSearchParams();
  const filter = readFilter(parameters);
  const asked = useDelayed(JSON.stringify(describeQuery(filter)));
  const newest = events.at(-1)?.id;
  const query = useQuery({
    queryKey: ['events', asked, newest],
    queryFn: ({ signal }) =>
      callApi('events', { query: JSON.parse(asked) as Record<string, string>, signal }),
    placeholderData: (before) => before,
    staleTime: 0,
  });
  const change = (changed: Partial<EventFilter>): void => {
    const next = Object.entries({ ...filter, ...changed }).filter(([, value]) => value !== '');
    setParameters(Object.fromEntries(next), { replace: true });
  };
  return (
    <PageFrame title={say('page.events')}>
      <FilterBar filter={filter} onChange={change} />
      <Answered query={query}>
        {({ events: found }) => (
          <>
            <EventTable events={found} />
            {found.length >= fewEvents && filter.limit === '' && (
              <Button variant="link" onClick={() => change({ limit: String(manyEvents) })}>
                {say('events.more')}
              </Button>
            )}
          </>
        )}
      </Answered>
    </PageFrame>
  );
}

function FilterBar(props: {
  readonly filter: EventFilter;
  readonly onChange: (changed: Partial<EventFilter>) => void;
}) {
  const say = useText();
  const { status } = useLive();
  const { filter, onChange } = props;
  const names = {
    severity: ['warning', 'alarm'],
    server: (status?.servers ?? []).map(({ name }) => name),
    hierarchy: (status?.hierarchies ?? []).map(({ id }) => id),
  } as const;
  return (
    <Toolbar>
      <ToolbarContent>
        <ToolbarItem>
          <SearchInput
            aria-label={say('events.search')}
            placeholder={say('events.search')}
            value={filter.search}
            onChange={(_, search) => onChange({ search })}
            onClear={() => onChange({ search: '' })}
          />
        </ToolbarItem>
        {filterNames.map((name) => (
          <ToolbarItem key={name}>
            <FormSelect
              aria-label={say(`events.filter.${name}`)}
              value={filter[name]}
              onChange={(_, value) => onChange({ [name]: value })}
            >
              <FormSelectOption value="" label={say(`events.all.${name}`)} />
              {names[name].map((value) => (
                <FormSelectOption
                  key={value}
                  value={value}
                  label={value === 'warning' || value === 'alarm' ? say(`events.from.${value}`) : value}
                />
              ))}
            </FormSelect>
          </ToolbarItem>
        ))}
      </ToolbarContent>
    </Toolbar>
  );
}

function EventTable({ events }: { readonly events: readonly EventBody[] }) {
  const say = useText();
  const words = useReasonWords();
  const { time } = useFormats();
  const columns: readonly Column<EventBody>[] = [
    { title: say('column.time'), cell: ({ at }) => <time dateTime={at}>{time(at)}</time>, isShort: true },
    { title: say('column.severity'), cell: ({ severity }) => <Severity severity={severity} /> },
    { title: say('column.server'), cell: ({ server }) => server },
    {
      title: say('column.hierarchy'),
      cell: ({ hierarchy }) =>
        hierarchy && <Link to={`/explain/${encodeURIComponent(hierarchy)}`}>{hierarchy}</Link>,
    },
    { title: say('column.event'), cell: (event) => words.event(event) },
    { title: say('column.code'), cell: ({ code }) => <code>{code}</code> },
  ];
  return (
    <PlainTable
      label={say('page.events')}
      columns={columns}
      rows={events.toReversed()}
      keyOf={({ id }) => id}
      empty={say('events.none')}
    />
  );
}
