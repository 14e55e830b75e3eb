import { Button, Form } from '@patternfly/react-core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { PageDialog, useCloseDialog } from '../shell/page-dialog.tsx';
import { Problem } from '../shell/problem.tsx';

const formId = 'access-form';

/** A form over the page of accounts and tokens. It closes with success, unless there is something to show: `result`. */
export function AccessDialog<T>(props: {
  readonly title: string;
  readonly begin: string;
  readonly ask: () => Promise<T>;
  readonly isReady: boolean;
  readonly isDangerous?: boolean;
  readonly result?: (answer: T) => ReactNode;
  readonly children: ReactNode;
}) {
  const { title, begin, ask, isReady, isDangerous = false, result, children } = props;
  const close = useCloseDialog('/access');
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: ask,
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['accounts'] });
      await queries.invalidateQueries({ queryKey: ['api-tokens'] });
      if (!result) close();
    },
  });
  const shown = change.data === undefined ? undefined : result?.(change.data);
  return (
    <PageDialog
      title={title}
      onClose={close}
      size="small"
      isOver={shown !== undefined}
      actions={
        shown === undefined && (
          <Button
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
