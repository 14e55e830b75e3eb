import { Spinner } from '@patternfly/react-core';
import { CheckCircleIcon } from '@patternfly/react-icons/dist/esm/icons/check-circle-icon';
import { ExclamationCircleIcon } from '@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon';
import { ExclamationTriangleIcon } from '@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon';
import type { FindingBody } from '@holdfast/contract';
import { useText } from '../i18n/text.ts';
import { useReasonWords } from '../words/reasons.ts';

const looks = {
  passed: { Shape: CheckCircleIcon, tone: 'good' },
  warned: { Shape: ExclamationTriangleIcon, tone: 'doubtful' },
  failed: { Shape: ExclamationCircleIcon, tone: 'bad' },
} as const;

/** The checks of an extension one by one as they end, and what is still being checked (K-10). */
export function ChecksProgress(props: {
  readonly server: string;
  readonly tags: readonly string[];
  readonly findings: readonly FindingBody[];
}) {
  const say = useText();
  const words = useReasonWords();
  const { server, tags, findings } = props;
  const waiting = [null, ...tags].filter((part) => !findings.some(({ tag }) => tag === part));
  return (
    <ul className="hf-checks" aria-label={say('checks.running')}>
      {findings.map(({ check, tag, outcome, reason }, index) => {
        const { Shape, tone } = looks[outcome];
        return (
          <li key={`${check} ${tag ?? ''} ${String(index)}`} data-outcome={outcome}>
            <Shape className={`hf-tone-${tone}`} aria-label={say(`checks.${outcome}`)} /> {tag ?? server}:{' '}
            {words.reason(reason)}
          </li>
        );
      })}
      {waiting.map((part) => (
        <li key={`waiting ${part ?? ''}`} data-outcome="running">
          <Spinner size="sm" aria-label={say('checks.running')} /> {part ?? server}
        </li>
      ))}
    </ul>
  );
}
