import { Bullseye, Spinner } from '@patternfly/react-core';
import { useText } from '../i18n/text.ts';

export function Loading() {
  const say = useText();
  return (
    <Bullseye>
      <Spinner aria-label={say('shell.loading')} />
    </Bullseye>
  );
}
