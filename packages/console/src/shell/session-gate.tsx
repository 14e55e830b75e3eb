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
import { useEffect, useRef, type ReactNode } from 'react';
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
        {expired && <SignInAgain account={caller.name} />}
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

/** Over the page and over a dialog that is open there, which keep what was entered. */
function SignInAgain({ account }: { readonly account: string }) {
  const say = useText();
  return (
    <Modal variant="small" isOpen aria-labelledby="sign-in-again">
      <ModalHeader title={say('signIn.again')} labelId="sign-in-again" description={say('signIn.expired')} />
      <ModalBody>
        <InSight>
          <SignInForm account={account} />
        </InSight>
      </ModalBody>
    </Modal>
  );
}

/** A dialog beneath hides all others from those who hear the page, whenever something of it changes: not this one. */
function InSight({ children }: { readonly children: ReactNode }) {
  const own = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = own.current?.closest('body > *');
    if (!box) return undefined;
    const show = (): void => box.removeAttribute('aria-hidden');
    const observer = new MutationObserver(show);
    observer.observe(box, { attributes: true, attributeFilter: ['aria-hidden'] });
    show();
    return () => observer.disconnect();
  }, []);
  return <div ref={own}>{children}</div>;
}
