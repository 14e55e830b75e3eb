import { Alert, ExpandableSection, List, ListItem } from '@patternfly/react-core';
import type { FindingBody } from '@holdfast/contract';
import { useState } from 'react';
import { useText } from '../i18n/text.ts';
import { useReasonWords } from '../words/reasons.ts';

/** What checks have found: what is wrong with what to do about it, and on demand what is well. */
export function FindingList({ findings }: { readonly findings: readonly FindingBody[] }) {
  const say = useText();
  const words = useReasonWords();
  const [open, setOpen] = useState(false);
  const passed = findings.filter(({ outcome }) => outcome === 'passed');
  return (
    <>
      {findings
        .filter(({ outcome }) => outcome !== 'passed')
        .map((finding) => (
          <FindingAlert key={keyOf(finding)} finding={finding} />
        ))}
      {passed.length > 0 && (
        <ExpandableSection
          isExpanded={open}
          onToggle={(_, expanded) => setOpen(expanded)}
          toggleText={say('checks.countPassed', { count: passed.length })}
        >
          <List>
            {passed.map((finding) => (
              <ListItem key={keyOf(finding)}>
                {finding.tag ?? finding.server}: {words.reason(finding.reason)}
              </ListItem>
            ))}
          </List>
        </ExpandableSection>
      )}
    </>
  );
}

function keyOf({ check, server, tag, reason }: FindingBody): string {
  return `${check} ${server} ${tag ?? ''} ${reason.code} ${JSON.stringify(reason.facts)}`;
}

function FindingAlert({ finding: { outcome, server, tag, reason } }: { readonly finding: FindingBody }) {
  const words = useReasonWords();
  const { code, sentence, remedy } = words.problem(reason);
  return (
    <Alert
      isInline
      component="h2"
      variant={outcome === 'failed' ? 'danger' : 'warning'}
      title={`${tag ?? server}: ${sentence}${code === undefined ? '' : ` (${code})`}`}
    >
      {remedy}
    </Alert>
  );
}
