import { Content, List, ListItem } from '@patternfly/react-core';
import type { ChangeAnswer, PlanStep } from '@holdfast/contract';
import { useText } from '../i18n/text.ts';
import { FindingList } from './finding-list.tsx';

/** What a change would do, step by step, and what its checks have found (H-06). */
export function ChangePlan({ change }: { readonly change: ChangeAnswer }) {
  const say = useText();
  const { plan, findings } = change;
  return (
    <>
      <FindingList findings={findings} />
      <Content>
        <h2>{say('plan.title')}</h2>
      </Content>
      {plan.length === 0 ? (
        <p>{say('plan.nothing')}</p>
      ) : (
        <List component="ol" aria-label={say('plan.title')}>
          {plan.map((step) => (
            <ListItem key={`${step.act} ${step.server} ${step.tag ?? ''}`}>
              <StepWords step={step} />
            </ListItem>
          ))}
        </List>
      )}
    </>
  );
}

function StepWords({ step: { act, tag, server } }: { readonly step: PlanStep }) {
  const say = useText();
  return tag === null
    ? say(`plan.${act}`, { server })
    : say('plan.ofTag', { tag, step: say(`plan.${act}`, { server }) });
}
