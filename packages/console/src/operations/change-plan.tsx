import { Content, List, ListItem } from '@patternfly/react-core';
import type { ChangeAnswer, PlanStep } from '@holdfast/contract';
import { useText } from '../i18n/text.ts';
import { ChangeList } from './change-list.tsx';
import { FindingList } from './finding-list.tsx';

/** What a change would do, step by step or value by value, and what its checks have found (H-06). */
export function ChangePlan({ change }: { readonly change: ChangeAnswer }) {
  const say = useText();
  const { plan, changes, findings } = change;
  return (
    <>
      <FindingList findings={findings} />
      <Content>
        <h2>{say('plan.title')}</h2>
      </Content>
      {changes ? (
        <ChangeList changes={changes} />
      ) : plan.length === 0 ? (
        <p>{say('plan.nothing')}</p>
      ) : (
        <PlanSteps steps={plan} label={say('plan.title')} />
      )}
    </>
  );
}

/** Steps in their order, in words. */
export function PlanSteps({ steps, label }: { readonly steps: readonly PlanStep[]; readonly label: string }) {
  return (
    <List component="ol" aria-label={label}>
      {steps.map((step) => (
        <ListItem key={`${step.act} ${step.server} ${step.tag ?? ''}`}>
          <StepWords step={step} />
        </ListItem>
      ))}
    </List>
  );
}

function StepWords({ step: { act, tag, server } }: { readonly step: PlanStep }) {
  const say = useText();
  return tag === null
    ? say(`plan.${act}`, { server })
    : say('plan.ofTag', { tag, step: say(`plan.${act}`, { server }) });
}
