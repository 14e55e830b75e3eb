import { Alert, Button, Spinner, type ModalProps } from '@patternfly/react-core';
import type { ChangeAnswer, HierarchyBody } from '@holdfast/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { ApiError } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { useDelayed } from '../shell/delayed.ts';
import { PageDialog, useCloseDialog } from '../shell/page-dialog.tsx';
import { Problem } from '../shell/problem.tsx';
import { ChangePlan } from './change-plan.tsx';
import { FindingList } from './finding-list.tsx';

/** Checks of a change on another server, and the change itself, take their time. */
export const changeTimeoutMs = 180_000;

export function useHierarchy(tag: string): {
  readonly hierarchy: HierarchyBody | undefined;
  /** Something of it is going on. */
  readonly open: boolean;
} {
  const { status, connection } = useLive();
  const hierarchy = status?.hierarchies.find(({ resources }) =>
    resources.some((resource) => resource.tag === tag),
  );
  return { hierarchy, open: connection !== 'live' || (hierarchy?.operation ?? null) !== null };
}

export interface Change {
  readonly plan: {
    readonly data: ChangeAnswer | undefined;
    readonly error: unknown;
    readonly isPending: boolean;
  };
  /** What is asked for is enough for a plan, and the plan is of what is asked for now. */
  readonly isCurrent: boolean;
  readonly isAsked: boolean;
  readonly perform: {
    readonly data: ChangeAnswer | undefined;
    readonly error: unknown;
    readonly isPending: boolean;
    readonly mutate: () => void;
  };
}

/** Asks for the plan, and then for the change itself, whose operation is followed in a dialog of its own. */
export function useChange(options: {
  /** All that `ask` depends on. */
  readonly key: readonly unknown[];
  readonly ask: (dryRun: boolean, signal?: AbortSignal) => Promise<ChangeAnswer>;
  /** No: something is still to be chosen. */
  readonly isReady?: boolean;
  /** The dialog stays, and says what was done. */
  readonly showsResult?: boolean;
}): Change {
  const navigate = useNavigate();
  const close = useCloseDialog();
  const { refresh } = useLive();
  const { ask, isReady = true, showsResult = false } = options;
  const key = JSON.stringify(options.key);
  const late = useDelayed(key);
  const plan = useQuery({
    queryKey: ['plan', late],
    queryFn: ({ signal }) => ask(true, signal),
    enabled: isReady && late === key,
    staleTime: 0,
    gcTime: 0,
  });
  const perform = useMutation({
    mutationFn: () => ask(false),
    onSuccess: ({ operation }) => {
      refresh();
      if (operation) void navigate(`/operation/${encodeURIComponent(operation.id)}`, { replace: true });
      else if (!showsResult) close();
    },
  });
  const { data, error, isPending } = perform;
  return {
    plan,
    isCurrent: isReady && late === key,
    isAsked: isReady,
    perform: { data, error, isPending, mutate: () => perform.mutate() },
  };
}

export function ChangeDialog(props: {
  readonly title: string;
  readonly begin: string;
  readonly change: Change;
  readonly isBlocked: boolean;
  readonly isDangerous?: boolean;
  readonly size?: ModalProps['variant'];
  /** What was done, where the dialog stays to say it. */
  readonly result?: string;
  /** While the plan is made. */
  readonly progress?: ReactNode;
  readonly children: ReactNode;
}) {
  const close = useCloseDialog();
  const {
    title,
    begin,
    change,
    isBlocked,
    isDangerous = false,
    size = 'medium',
    result,
    progress,
    children,
  } = props;
  const { plan, perform, isCurrent } = change;
  const refused =
    !isCurrent ||
    plan.data === undefined ||
    plan.error !== null ||
    plan.data.findings.some(({ outcome }) => outcome === 'failed');
  const done = result === undefined ? undefined : perform.data;
  return (
    <PageDialog
      title={title}
      onClose={close}
      size={size}
      isOver={done !== undefined || begin === ''}
      actions={
        !done &&
        begin !== '' && (
          <Button
            data-action="begin"
            variant={isDangerous ? 'danger' : 'primary'}
            isDisabled={refused || isBlocked || perform.isPending}
            isLoading={perform.isPending}
            onClick={perform.mutate}
          >
            {begin}
          </Button>
        )
      }
    >
      {done ? (
        <div role="status">
          <Alert variant="success" isInline component="h2" title={result} />
          <FindingList findings={done.findings} />
        </div>
      ) : (
        <>
          {children}
          <Plan change={change} progress={progress} />
          {perform.error !== null && <ChangeProblem error={perform.error} />}
        </>
      )}
    </PageDialog>
  );
}

function Plan(props: { readonly change: Change; readonly progress: ReactNode }) {
  const say = useText();
  const {
    change: { plan, isCurrent, isAsked },
    progress,
  } = props;
  if (!isAsked) return null;
  if (plan.isPending || !isCurrent)
    return progress ?? <Spinner size="lg" aria-label={say('checks.running')} />;
  return (
    <>
      {plan.error !== null && <ChangeProblem error={plan.error} />}
      {plan.data && <ChangePlan change={plan.data} />}
    </>
  );
}

/** A refusal with each of the checks that led to it. */
export function ChangeProblem({ error }: { readonly error: unknown }) {
  const findings = error instanceof ApiError ? (error.body?.findings ?? []) : [];
  return (
    <>
      <Problem error={error} showsFindings={findings.length === 0} />
      <FindingList findings={findings} />
    </>
  );
}
