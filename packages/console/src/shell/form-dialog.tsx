import { Button, Form, type ModalProps } from '@patternfly/react-core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useLive } from '../live/live.tsx';
import { PageDialog, useCloseDialog } from './page-dialog.tsx';
import { Problem } from './problem.tsx';

const formId = 'form-dialog';

/** A form over a page. It closes with success, unless there is something to show: `result`. */
export function FormDialog<T>(props: {
  /** The page beneath. */
  readonly page: string;
  /** What of the page has to be asked again after the change. */
  readonly changes: readonly string[];
  readonly title: string;
  readonly begin: string;
  readonly ask: () => Promise<T>;
  /** What is filled in is enough, and fits. */
  readonly isReady: boolean;
  readonly isDangerous?: boolean;
  readonly size?: ModalProps['variant'];
  readonly result?: (answer: T) => ReactNode;
  readonly children: ReactNode;
}) {
  const { page, changes, title, begin, ask, isReady, result, children } = props;
  const { isDangerous = false, size = 'small' } = props;
  const close = useCloseDialog(page);
  const { refresh } = useLive();
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: ask,
    onSuccess: async () => {
      refresh();
      await Promise.all(changes.map((key) => queries.invalidateQueries({ queryKey: [key] })));
      if (!result) close();
    },
  });
  const shown = change.data === undefined ? undefined : result?.(change.data);
  return (
    <PageDialog
      title={title}
      onClose={close}
      size={size}
      isOver={shown !== undefined}
      actions={
        shown === undefined && (
          <Button
            data-action="begin"
            type="submit"
            form={formId}
            variant={isDangerous ? 'danger' : 'primary'}
            isLoading={change.isPending}
            isDisabled={!isReady || change.isPending}
          >
            {begin}
          </Button>
        )
      }
    >
      {shown ?? (
        <Form
          id={formId}
          onSubmit={(event) => {
            event.preventDefault();
            if (isReady) change.mutate();
          }}
        >
          {change.error && <Problem error={change.error} />}
          {children}
        </Form>
      )}
    </PageDialog>
  );
}
