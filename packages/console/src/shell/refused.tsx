import { Alert } from '@patternfly/react-core';
import { useText } from '../i18n/text.ts';
import { PageDialog, useCloseDialog } from './page-dialog.tsx';

/** A dialog that only an administrator may use, opened by its address. */
export function Refused({ title, page = '/' }: { readonly title: string; readonly page?: string }) {
  const say = useText();
  const close = useCloseDialog(page);
  return (
    <PageDialog title={title} onClose={close} isOver>
      <Alert variant="warning" isInline component="h2" title={say('refusal.needsAdministrator')} />
    </PageDialog>
  );
}
