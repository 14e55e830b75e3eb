import { FormSelect, FormSelectOption, Toolbar, ToolbarContent, ToolbarItem } from '@patternfly/react-core';
import { reportPhases, type ReportSummary } from '@holdfast/contract';
import { useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { Answered } from '../shell/answered.tsx';
import { PageFrame } from '../shell/page-frame.tsx';
import { PlainTable, type Column } from '../shell/plain-table.tsx';
import { useFormats } from '../words/formats.ts';
import { wayOf } from './way.ts';
import './reports.css';

const limit = '100';

/** How hierarchies came back in service, the newest first (R-08). */
export function ReportsPage() {
  const say = useText();
  const { status, events } = useLive();
  const [parameters, setParameters] = useSearchParams();
  const hierarchy = parameters.get('hierarchy') ?? '';
  const newest = events.at(-1)?.id;
  const query = useQuery({
    queryKey: ['reports', hierarchy, newest],
    queryFn: ({ signal }) =>
      callApi('reports', { query: { limit, ...(hierarchy !== '' && { hierarchy }) }, signal }),
    placeholderData: (before) => before,
  });
  return (
    <PageFrame title={say('page.reports')}>
      <Toolbar>
        <ToolbarContent>
          <ToolbarItem>
            <FormSelect
              aria-label={say('column.hierarchy')}
              value={hierarchy}
              onChange={(_, value) =>
                setParameters(value === '' ? {} : { hierarchy: value }, { replace: true })
              }
            >
              <FormSelectOption value="" label={say('events.all.hierarchy')} />
              {(status?.hierarchies ?? []).map(({ id }) => (
                <FormSelectOption key={id} value={id} label={id} />
              ))}
            </FormSelect>
          </ToolbarItem>
        </ToolbarContent>
      </Toolbar>
      <Answered query={query}>{({ reports }) => <ReportTable reports={reports} />}</Answered>
    </PageFrame>
  );
}

function ReportTable({ reports }: { readonly reports: readonly ReportSummary[] }) {
  const say = useText();
  const { time, milliseconds } = useFormats();
  const columns: readonly Column<ReportSummary>[] = [
    {
      title: say('column.time'),
      cell: ({ id, at }) => <Link to={`/reports/${encodeURIComponent(id)}`}>{time(at)}</Link>,
      isShort: true,
    },
    { title: say('column.hierarchy'), cell: ({ hierarchy }) => hierarchy },
    { title: say('column.kind'), cell: ({ kind }) => say(`reportKind.${kind}`) },
    { title: say('column.outcome'), cell: ({ outcome }) => say(`reportOutcome.${outcome}`) },
    { title: say('column.server'), cell: wayOf },
    { title: say('column.duration'), cell: ({ totalMs }) => milliseconds(totalMs), isShort: true },
    { title: say('reports.shares'), cell: (report) => <Shares report={report} /> },
  ];
  return (
    <PlainTable
      label={say('page.reports')}
      columns={columns}
      rows={reports}
      keyOf={({ id }) => id}
      empty={say('reports.none')}
    />
  );
}

/** The parts of the time side by side, in one bar. */
function Shares({ report: { phases, totalMs } }: { readonly report: ReportSummary }) {
  const say = useText();
  const { milliseconds } = useFormats();
  const spent = reportPhases.filter((phase) => phases[phase] > 0);
  const words = spent.map((phase) => `${say(`phase.${phase}`)} ${milliseconds(phases[phase])}`).join(', ');
  return (
    <div className="hf-shares" role="img" aria-label={words} title={words}>
      {spent.map((phase) => (
        <span
          key={phase}
          className={`hf-phase-${phase}`}
          style={{ width: `${String((phases[phase] / Math.max(totalMs, 1)) * 100)}%` }}
        />
      ))}
    </div>
  );
}
