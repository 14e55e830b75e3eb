import { Content, DescriptionList, Title } from '@patternfly/react-core';
import type { ExplainAnswer, OutageEstimate } from '@holdfast/contract';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { wayOf } from '../reports/way.ts';
import { Answered } from '../shell/answered.tsx';
import { PageDialog, useCloseDialog } from '../shell/page-dialog.tsx';
import { PlainTable, type Column } from '../shell/plain-table.tsx';
import { Term } from '../shell/term.tsx';
import { useFormats } from '../words/formats.ts';
import { useReasonWords } from '../words/reasons.ts';
import { HierarchySummary } from '../words/states.tsx';

type Candidate = ExplainAnswer['candidates'][number];
type Failure = ExplainAnswer['ifResourceFailed'][number];
type OwnerDied = NonNullable<ExplainAnswer['ifOwnerDied']>;

/** Why a hierarchy is where it is, and what would happen if its server died or a resource failed now (B-02). */
export function ExplainDialog() {
  const say = useText();
  const { tag = '' } = useParams();
  const close = useCloseDialog();
  const { events } = useLive();
  const query = useQuery({
    queryKey: ['explain', tag, events.at(-1)?.id],
    queryFn: ({ signal }) => callApi('explain', { parameters: [tag], signal }),
    placeholderData: (before) => before,
  });
  return (
    <PageDialog title={say('explain.title', { tag })} onClose={close} isOver size="large">
      <Answered query={query}>{(answer) => <Explanation answer={answer} />}</Answered>
    </PageDialog>
  );
}

function Explanation({ answer }: { readonly answer: ExplainAnswer }) {
  const say = useText();
  const words = useReasonWords();
  const { time, milliseconds } = useFormats();
  const { summary, owner, why, lastReport, ifOwnerDied, ifResourceFailed } = answer;
  return (
    <>
      <DescriptionList isHorizontal isCompact>
        <Term name={say('explain.state')}>
          <HierarchySummary summary={summary} />
        </Term>
        <Term name={say('explain.owner')}>{owner ?? say('explain.nobody')}</Term>
        {lastReport && (
          <Term name={say('explain.lastReport')}>
            <Link to={`/reports/${encodeURIComponent(lastReport.id)}`}>
              {say(`reportKind.${lastReport.kind}`)}, {wayOf(lastReport)}, {time(lastReport.at)},{' '}
              {milliseconds(lastReport.totalMs)}
            </Link>
          </Term>
        )}
      </DescriptionList>
      <Title headingLevel="h2">{say('explain.why')}</Title>
      <Content component="ul">
        {why.map(({ reason, rule }) => (
          <li key={`${reason.code} ${JSON.stringify(reason.facts)}`}>
            {words.reason(reason)} {rule !== null && <small>({rule})</small>}
          </li>
        ))}
      </Content>
      <Candidates answer={answer} />
      {ifOwnerDied && <Loss died={ifOwnerDied} />}
      {ifResourceFailed.length > 0 && <Failures failures={ifResourceFailed} />}
    </>
  );
}

function Candidates({ answer: { candidates, owner } }: { readonly answer: ExplainAnswer }) {
  const say = useText();
  const words = useReasonWords();
  const columns: readonly Column<Candidate>[] = [
    { title: say('column.server'), cell: ({ server }) => server },
    { title: say('explain.priority'), cell: ({ priority }) => priority },
    {
      title: say('explain.takeOver'),
      cell: ({ server, eligible }) =>
        say(server === owner ? 'explain.hasIt' : eligible ? 'explain.yes' : 'explain.no'),
    },
    { title: say('explain.reason'), cell: ({ reason }) => reason && words.reason(reason) },
  ];
  return (
    <>
      <Title headingLevel="h2">{say('explain.candidates')}</Title>
      <PlainTable
        label={say('explain.candidates')}
        columns={columns}
        rows={candidates}
        keyOf={({ server }) => server}
        empty={say('explain.nobody')}
      />
    </>
  );
}

function Loss({ died: { reason, rule, server, order, outage } }: { readonly died: OwnerDied }) {
  const say = useText();
  const words = useReasonWords();
  const { milliseconds } = useFormats();
  const columns: readonly Column<OwnerDied['order'][number]>[] = [
    { title: say('column.server'), cell: (one) => one.server },
    {
      title: say('explain.after'),
      cell: ({ afterMs }) => (afterMs === null ? say('explain.notItself') : `+${milliseconds(afterMs)}`),
    },
    {
      title: say('explain.reason'),
      cell: (one) => `${words.reason(one.reason)}${one.rule === null ? '' : ` (${one.rule})`}`,
    },
  ];
  return (
    <>
      <Title headingLevel="h2">
        {say('explain.ifOwnerDied', { server: server ?? say('explain.nobody') })}
      </Title>
      <p>
        {words.reason(reason)} {rule !== null && <small>({rule})</small>}
      </p>
      {order.length > 0 && (
        <PlainTable
          label={say('explain.order')}
          columns={columns}
          rows={order}
          keyOf={(one) => one.server}
          empty={say('explain.nobody')}
        />
      )}
      {outage && <Outage outage={outage} />}
    </>
  );
}

function Outage({ outage }: { readonly outage: OutageEstimate }) {
  const say = useText();
  const { milliseconds, number } = useFormats();
  const { leaseMs, turnMs, volumeMs, addressMs, postgresqlMs, walBytes, totalMs } = outage;
  const parts = [
    ['explain.lease', leaseMs],
    ['explain.turn', turnMs],
    ['phase.volume', volumeMs],
    ['phase.address', addressMs],
    ['phase.postgresql', postgresqlMs],
  ] as const;
  return (
    <DescriptionList isHorizontal isCompact>
      <Term name={say('explain.outage')}>
        <strong>{milliseconds(totalMs)}</strong>
      </Term>
      {parts.map(
        ([key, partMs]) =>
          partMs !== null && (
            <Term key={key} name={say(key)}>
              {milliseconds(partMs)}
            </Term>
          ),
      )}
      {walBytes !== null && (
        <Term name={say('explain.wal')}>
          {say('explain.megabytes', { count: number(walBytes / 1024 / 1024) })}
        </Term>
      )}
    </DescriptionList>
  );
}

function Failures({ failures }: { readonly failures: readonly Failure[] }) {
  const say = useText();
  const words = useReasonWords();
  const name = (outcome: Failure['outcome'], to: string | null): string =>
    `${say(`repair.${outcome}`)}${to === null ? '' : ` → ${to}`}`;
  const columns: readonly Column<Failure>[] = [
    { title: say('column.tag'), cell: ({ tag }) => tag },
    { title: say('explain.follows'), cell: ({ outcome, to, rule }) => `${name(outcome, to)} (${rule})` },
    { title: say('explain.reason'), cell: ({ reason }) => words.reason(reason) },
    {
      title: say('explain.recoveriesLeft'),
      cell: ({ recoveriesLeft }) => recoveriesLeft ?? say('server.unknown'),
    },
    { title: say('explain.then'), cell: ({ then }) => name(then.outcome, then.to) },
  ];
  return (
    <>
      <Title headingLevel="h2">{say('explain.ifResourceFailed')}</Title>
      <PlainTable
        label={say('explain.ifResourceFailed')}
        columns={columns}
        rows={failures}
        keyOf={({ tag }) => tag}
        empty={say('explain.nobody')}
      />
    </>
  );
}
