import { Label } from '@patternfly/react-core';
import type { EventBody, FindingBody } from '@holdfast/contract';
import { useText } from '../i18n/text.ts';

const severityLooks = { info: 'info', warning: 'warning', alarm: 'danger' } as const;
const outcomeLooks = { passed: 'success', warned: 'warning', failed: 'danger' } as const;

export function Severity({ severity }: Pick<EventBody, 'severity'>) {
  const say = useText();
  return (
    <Label isCompact status={severityLooks[severity]}>
      {say(`severity.${severity}`)}
    </Label>
  );
}

export function Outcome({ outcome }: Pick<FindingBody, 'outcome'>) {
  const say = useText();
  return (
    <Label isCompact status={outcomeLooks[outcome]}>
      {say(`outcome.${outcome}`)}
    </Label>
  );
}
