import { ActionsColumn } from '@patternfly/react-table';
import { useNavigate } from 'react-router';
import { sayMessage, useText, type Message } from '../i18n/text.ts';
import { usePreferences } from './preferences.ts';

export interface RowAction {
  readonly words: string;
  /** The address of the dialog that does it. */
  readonly path: string;
  /** Why it cannot be done now. */
  readonly refusal: Message | undefined;
}

/** What may be done with a row of a table; what may not be done now says why. */
export function RowActions({
  name,
  actions,
}: {
  readonly name: string;
  readonly actions: readonly RowAction[];
}) {
  const say = useText();
  const navigate = useNavigate();
  const { language } = usePreferences();
  const label = say('cluster.actionsOf', { name });
  return (
    <ActionsColumn
      aria-label={label}
      items={actions.map(({ words, path, refusal }) => ({
        title: words,
        isAriaDisabled: refusal !== undefined,
        ...(refusal && { description: sayMessage(refusal, language) }),
        onClick: () => void (refusal === undefined && navigate(path)),
      }))}
    />
  );
}
