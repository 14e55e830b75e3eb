import { Content, DescriptionList, Title } from '@patternfly/react-core';
import type { ReportAnswer } from '@holdfast/contract';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { Answered } from '../shell/answered.tsx';
import { PageDialog, useCloseDialog } from '../shell/page-dialog.tsx';
import { PlainTable, type Column } from '../shell/plain-table.tsx';
import { Term } from '../shell/term.tsx';
import { useFormats } from '../words/formats.ts';
import { useReasonWords } from '../words/reasons.ts';
import { TimelineDrawing } from './timeline-drawing.tsx';
import { wayOf } from './way.ts';

type Step = ReportAnswer['steps'][number];

/** One report: what it was, what the time was spent on, step by step, and who was passed over. */
export function ReportDialog() {
  const say = useText();
  const { id = '' } = useParams();
  const close = useCloseDialog('/reports');
  const query = useQuery({
    queryKey: ['report', id],
    queryFn: ({ signal }) => callApi('report', { parameters: [id], signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const { data } = query;
  const title = data
    ? say('reports.title', {
        hierarchy: data.hierarchy,
        kind: say(`reportKind.${data.kind}`),
        way: wayOf(data),
      })
    : say('page.reports');
  return (
    <PageDialog title={title} onClose={close} isOver size="large">
      <Answered query={query}>{(report) => <ReportView report={report} />}</Answered>
    </PageDialog>
  );
}

function ReportView({ report }: { readonly report: ReportAnswer }) {
  const say = useText();
  const words = useReasonWords();
  const { time, milliseconds, clock } = useFormats();
  const { at, outcome, totalMs, cause, skipped, lastWords, omitted } = report;
  return (
    <>
      <DescriptionList isCompact isHorizontal>
        <Term name={say('column.time')}>{time(at)}</Term>
        <Term name={say('column.outcome')}>{say(`reportOutcome.${outcome}`)}</Term>
        <Term name={say('column.duration')}>{milliseconds(totalMs)}</Term>
        {cause && <Term name={say('column.cause')}>{words.reason(cause)}</Term>}
      </DescriptionList>
      <TimelineDrawing report={report} />
      <Steps report={report} />
      {omitted > 0 && <p>{say('reports.omitted', { count: omitted })}</p>}
      {skipped.length > 0 && (
        <Content>
          <Title headingLevel="h2">{say('reports.skipped')}</Title>
          <ul>
            {skipped.map(({ server, reason }) => (
              <li key={server}>
                {server}: {words.reason(reason)}
              </li>
            ))}
          </ul>
        </Content>
      )}
      {lastWords.length > 0 && (
        <Content>
          <Title headingLevel="h2">{say('reports.lastWords')}</Title>
          <ul>
            {lastWords.map((event) => (
              <li key={`${event.at} ${event.code}`}>
                <time dateTime={event.at}>{clock(event.at)}</time> {event.server}: {words.event(event)}
              </li>
            ))}
          </ul>
        </Content>
      )}
    </>
  );
}

function Steps({ report: { steps, hierarchy } }: { readonly report: ReportAnswer }) {
  const say = useText();
  const words = useReasonWords();
  const { milliseconds } = useFormats();
  const columns: readonly Column<Step & { readonly place: number }>[] = [
    { title: say('reports.after'), cell: ({ afterMs }) => `+${milliseconds(afterMs)}`, isShort: true },
    { title: say('column.server'), cell: ({ server }) => server },
    { title: say('column.tag'), cell: ({ tag }) => tag },
    { title: say('column.event'), cell: (step) => words.event({ ...step, hierarchy }) },
    { title: say('reports.phase'), cell: ({ phase }) => say(`phase.${phase}`) },
  ];
  return (
    <PlainTable
      label={say('reports.steps')}
      columns={columns}
      rows={steps.map((step, place) => ({ ...step, place }))}
      keyOf={({ place }) => String(place)}
      empty={say('reports.noSteps')}
    />
  );
}
