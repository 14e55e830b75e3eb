import {
  Bullseye,
  Button,
  Card,
  CardBody,
  CardTitle,
  Flex,
  Modal,
  ModalBody,
  ModalHeader,
  Spinner,
} from '@patternfly/react-core';
import type { ReactNode } from 'react';
import { ApiError } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useCallerQuery, useIsExpired } from '../live/session.ts';
import { LanguageButton, ThemeButton } from './preference-buttons.tsx';
import { Problem } from './problem.tsx';
import { SignInForm } from './sign-in-form.tsx';

/**
 * Shows the console to who is signed in, and asks the others to. A session that ends meanwhile is renewed in a dialog over the
 * page, which keeps what was entered.
 */
export function SessionGate({ children }: { readonly children: ReactNode }) {
  const say = useText();
  const { data: caller, error, isPending, refetch } = useCallerQuery();
  const expired = useIsExpired();
  if (caller)
    return (
      <>
        {children}
        <Modal variant="small" isOpen={expired} aria-labelledby="sign-in-again" disableFocusTrap={!expired}>
          <ModalHeader
            title={say('signIn.again')}
            labelId="sign-in-again"
            description={say('signIn.expired')}
          />
          <ModalBody>
            <SignInForm account={caller.name} />
          </ModalBody>
        </Modal>
      </>
    );
  if (isPending)
    return (
      <Bullseye className="hf-whole">
        <Spinner aria-label={say('shell.loading')} />
      </Bullseye>
    );
  const signedOut = error instanceof ApiError && error.status === 401;
  return (
    <main className="hf-whole">
      <Bullseye>
        <Card className="hf-sign-in" isLarge>
          <CardTitle component="h1">{say('signIn.title')}</CardTitle>
          <CardBody>
            {signedOut ? (
              <SignInForm />
            ) : (
              <>
                <Problem error={error} />
                <Button variant="secondary" onClick={() => void refetch()}>
                  {say('shell.retry')}
                </Button>
              </>
            )}
          </CardBody>
          <CardBody>
            <Flex justifyContent={{ default: 'justifyContentFlexEnd' }}>
              <LanguageButton />
              <ThemeButton />
            </Flex>
          </CardBody>
        </Card>
      </Bullseye>
    </main>
  );
}
