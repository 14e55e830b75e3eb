import { Button, Tooltip } from '@patternfly/react-core';
import type { Role } from '@holdfast/contract';
import { useNavigate } from 'react-router';
import { sayMessage } from '../i18n/text.ts';
import { useRefusal } from './use-refusal.ts';
import { usePreferences } from './preferences.ts';

/** Opens a dialog. Who may not is told why. */
export function RoleButton(props: { readonly needs: Role; readonly path: string; readonly words: string }) {
  const { needs, path, words } = props;
  const navigate = useNavigate();
  const { language } = usePreferences();
  const refusal = useRefusal(needs);
  const button = (
    <Button
      variant="secondary"
      isAriaDisabled={refusal !== undefined}
      onClick={() => void (refusal === undefined && navigate(path))}
    >
      {words}
    </Button>
  );
  return refusal ? <Tooltip content={sayMessage(refusal, language)}>{button}</Tooltip> : button;
}
