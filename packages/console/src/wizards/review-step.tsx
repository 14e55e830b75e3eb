import { Content, DescriptionList, Spinner } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { changeTimeoutMs, ChangeProblem } from '../operations/change-dialog.tsx';
import { ChangePlan } from '../operations/change-plan.tsx';
import { usePreferences } from '../shell/preferences.ts';
import { Term } from '../shell/term.tsx';
import { describeCreation, formatValue } from './draft.ts';
import { useKitName } from './kit-name.ts';
import { FixChoice } from './root-step.tsx';
import type { StepProps } from './step.ts';

/** Everything as it would be created, with every check made and the plan; nothing is changed yet. */
export function ReviewStep(props: StepProps & { readonly onReviewed: (reviewed: boolean) => void }) {
  const say = useText();
  const { draft, forms, onReviewed } = props;
  const { language } = usePreferences();
  const body = describeCreation(draft, forms);
  const { data, error, isFetching } = useQuery({
    queryKey: ['plan', 'create', JSON.stringify(body), language],
    queryFn: ({ signal }) =>
      callApi('create', { body: { ...body, dryRun: true }, timeoutMs: changeTimeoutMs, signal }),
    staleTime: 0,
    gcTime: 0,
  });
  const isReviewed = data !== undefined && error === null && !isFetching;
  useEffect(() => {
    onReviewed(isReviewed);
    return () => onReviewed(false);
  }, [isReviewed, onReviewed]);
  return (
    <>
      <Summary {...props} />
      <FixChoice {...props} />
      {isFetching && (
        <p role="status">
          <Spinner size="md" aria-label={say('checks.running')} /> {say('checks.running')}
        </p>
      )}
      {error && !isFetching && <ChangeProblem error={error} />}
      {data && !isFetching && <ChangePlan change={data} />}
    </>
  );
}

function Summary({ draft, forms, checked: { answer } }: StepProps) {
  const say = useText();
  const kitName = useKitName();
  const { language } = usePreferences();
  return (
    <Content>
      <p>{say('wizard.summary', { server: draft.server, priority: draft.priority })}</p>
      {answer?.resources.map(({ kit, tag, fields }, index) => (
        <section key={draft.resources[index]?.key ?? index}>
          <h3>{say('wizard.summaryOf', { kit: kitName(kit), tag: tag ?? '' })}</h3>
          <DescriptionList isHorizontal isCompact>
            {fields
              .filter(
                ({ asked, source, value }) => (asked || source === 'given') && formatValue(value) !== '',
              )
              .map(({ name, value }) => {
                const field = forms
                  .find((form) => form.name === kit)
                  ?.fields.find((one) => one.name === name);
                return (
                  <Term key={name} name={field?.label[language] ?? name}>
                    {formatValue(value)}
                  </Term>
                );
              })}
          </DescriptionList>
        </section>
      ))}
    </Content>
  );
}
