import { Checkbox, Form, Spinner } from '@patternfly/react-core';
import { useText } from '../i18n/text.ts';
import { FindingList } from '../operations/finding-list.tsx';
import { Problem } from '../shell/problem.tsx';
import { changeResource, isFixable } from './draft.ts';
import { ResourceForm } from './resource-form.tsx';
import type { StepProps } from './step.ts';

/** The form of the root, checked while it is filled in. */
export function RootStep({ draft, forms, checked, onChange }: StepProps) {
  const { query, answer } = checked;
  const [root] = draft.resources;
  const form = forms.find(({ name }) => name === root?.kit);
  if (!root || !form) return null;
  return (
    <Form onSubmit={(event) => event.preventDefault()}>
      <Checking checked={checked} />
      {query.error && <Problem error={query.error} />}
      <ResourceForm
        key={root.key}
        draft={root}
        form={form}
        checked={answer?.resources[0]}
        server={draft.server}
        onChange={(changed) => onChange(changeResource(draft, root.key, changed))}
      />
      <FixChoice {...{ draft, checked, onChange }} />
    </Form>
  );
}

/** Offers to put right what can be (K-06). */
export function FixChoice({ draft, checked: { answer }, onChange }: Omit<StepProps, 'forms'>) {
  const say = useText();
  if (!answer || !isFixable(answer)) return null;
  return (
    <>
      <FindingList
        findings={answer.findings.filter(({ outcome, fixable }) => outcome === 'failed' && fixable === true)}
      />
      <Checkbox
        id="fix"
        label={say('wizard.fix')}
        description={say('wizard.fixHelp')}
        isChecked={draft.fix}
        onChange={(_, fix) => onChange({ ...draft, fix })}
      />
    </>
  );
}

/** Says that the server looks; it takes the place of nothing, so the form does not jump. */
export function Checking({ checked: { isCurrent, query } }: Pick<StepProps, 'checked'>) {
  const say = useText();
  const isLooking = !isCurrent && query.error === null;
  return (
    <div role="status" className="hf-checking">
      {isLooking && (
        <>
          <Spinner size="sm" aria-label={say('checks.running')} /> {say('checks.running')}
        </>
      )}
    </div>
  );
}
