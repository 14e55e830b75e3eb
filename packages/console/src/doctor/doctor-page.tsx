import {
  Alert,
  Button,
  Card,
  CardBody,
  CardTitle,
  Content,
  FormSelect,
  FormSelectOption,
  Switch,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from '@patternfly/react-core';
import type { DoctorAnswer, DoctorFinding } from '@holdfast/contract';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { usePreferences } from '../shell/preferences.ts';
import { Answered } from '../shell/answered.tsx';
import { PageFrame } from '../shell/page-frame.tsx';
import { PlainTable, type Column } from '../shell/plain-table.tsx';
import { useFormats } from '../words/formats.ts';
import { Outcome } from '../words/severity.tsx';

const limitMs = 60_000;

/** Checks of every server, with what to do about each that did not pass. */
export function DoctorPage() {
  const say = useText();
  const { language } = usePreferences();
  const { status } = useLive();
  const [parameters, setParameters] = useSearchParams();
  const [showsPassed, setShowsPassed] = useState(false);
  const server = parameters.get('server') ?? '';
  const query = useQuery({
    queryKey: ['doctor', server, language],
    queryFn: ({ signal }) =>
      callApi('doctor', { query: server === '' ? {} : { server }, signal, timeoutMs: limitMs }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <PageFrame
      title={say('page.doctor')}
      actions={
        <Button
          variant="secondary"
          isLoading={query.isFetching}
          isDisabled={query.isFetching}
          onClick={() => void query.refetch()}
        >
          {say('doctor.again')}
        </Button>
      }
    >
      <Toolbar>
        <ToolbarContent>
          <ToolbarItem>
            <FormSelect
              aria-label={say('column.server')}
              value={server}
              onChange={(_, value) => setParameters(value === '' ? {} : { server: value }, { replace: true })}
            >
              <FormSelectOption value="" label={say('events.all.server')} />
              {(status?.servers ?? []).map(({ name }) => (
                <FormSelectOption key={name} value={name} label={name} />
              ))}
            </FormSelect>
          </ToolbarItem>
          <ToolbarItem alignSelf="center">
            <Switch
              id="doctor-passed"
              label={say('doctor.showPassed')}
              isChecked={showsPassed}
              onChange={(_, checked) => setShowsPassed(checked)}
            />
          </ToolbarItem>
        </ToolbarContent>
      </Toolbar>
      <Answered query={query}>{(answer) => <Servers answer={answer} showsPassed={showsPassed} />}</Answered>
    </PageFrame>
  );
}

function Servers({
  answer: { at, answeredBy, servers },
  showsPassed,
}: {
  readonly answer: DoctorAnswer;
  readonly showsPassed: boolean;
}) {
  const say = useText();
  const { time } = useFormats();
  return (
    <>
      <Content>
        <p>{say('doctor.checked', { time: time(at), server: answeredBy })}</p>
      </Content>
      {servers.map(({ server, findings }) => (
        <ServerFindings key={server} server={server} findings={findings} showsPassed={showsPassed} />
      ))}
    </>
  );
}

function ServerFindings(props: {
  readonly server: string;
  readonly findings: readonly DoctorFinding[];
  readonly showsPassed: boolean;
}) {
  const say = useText();
  const { server, findings, showsPassed } = props;
  const shown = findings.filter(({ outcome }) => showsPassed || outcome !== 'passed');
  const passed = findings.filter(({ outcome }) => outcome === 'passed').length;
  const columns: readonly Column<DoctorFinding>[] = [
    { title: say('column.outcome'), cell: ({ outcome }) => <Outcome outcome={outcome} />, isShort: true },
    { title: say('column.check'), cell: ({ check }) => <code>{check}</code> },
    { title: say('column.tag'), cell: ({ tag }) => tag },
    { title: say('column.finding'), cell: ({ message }) => message },
    { title: say('column.remedy'), cell: ({ remedy }) => remedy },
  ];
  return (
    <Card isPlain>
      <CardTitle component="h2">{say('doctor.server', { server, passed, all: findings.length })}</CardTitle>
      <CardBody>
        {passed === findings.length && (
          <Alert variant="success" isInline isPlain component="h3" title={say('doctor.healthy')} />
        )}
        {shown.length > 0 && (
          <PlainTable
            label={say('doctor.findingsOf', { server })}
            columns={columns}
            rows={shown}
            keyOf={({ check, tag, reason }) => `${check} ${tag ?? ''} ${JSON.stringify(reason)}`}
            empty={say('doctor.healthy')}
          />
        )}
      </CardBody>
    </Card>
  );
}
