import {
  Button,
  Content,
  FormGroup,
  FormSelect,
  FormSelectOption,
  Form,
  Spinner,
} from '@patternfly/react-core';
import type { ChangeAnswer, HierarchyBody } from '@holdfast/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useNavigate, useParams, useSearchParams } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { PageDialog, useCloseDialog } from '../shell/page-dialog.tsx';
import { Problem } from '../shell/problem.tsx';
import { ChangePlan } from './change-plan.tsx';

/** In Service, here or where it is preferred: the plan first, then the move (H-04, H-06). */
export function MoveDialog() {
  const say = useText();
  const { tag = '' } = useParams();
  const [query, setQuery] = useSearchParams();
  const server = query.get('server') ?? '';
  const { hierarchy, open } = useHierarchy(tag);
  const change = useChange({
    key: ['in-service', tag, server],
    ask: (dryRun, signal) =>
      callApi('inService', {
        parameters: [tag],
        body: { dryRun, ...(server !== '' && { server }) },
        ...(signal && { signal }),
      }),
  });
  const servers = Object.entries(hierarchy?.priorities ?? {}).sort(([, one], [, other]) => one - other);
  return (
    <ChangeDialog
      title={say('move.title', { tag })}
      begin={say('move.begin')}
      change={change}
      isBlocked={open}
    >
      <Form onSubmit={(event) => event.preventDefault()}>
        <FormGroup label={say('move.target')} fieldId="move-target">
          <FormSelect
            id="move-target"
            value={server}
            onChange={(_, value) => setQuery(value === '' ? {} : { server: value }, { replace: true })}
          >
            <FormSelectOption value="" label={say('move.preferred')} />
            {servers.map(([name, priority]) => (
              <FormSelectOption
                key={name}
                value={name}
                label={say(
                  hierarchy?.owner?.server === name ? 'move.currentServer' : 'move.serverWithPriority',
                  { server: name, priority },
                )}
              />
            ))}
          </FormSelect>
        </FormGroup>
      </Form>
    </ChangeDialog>
  );
}

/** Out of Service: stopped everywhere, on purpose. */
export function StopDialog() {
  const say = useText();
  const { tag = '' } = useParams();
  const { open } = useHierarchy(tag);
  const change = useChange({
    key: ['out-of-service', tag],
    ask: (dryRun, signal) =>
      callApi('outOfService', { parameters: [tag], body: { dryRun }, ...(signal && { signal }) }),
  });
  return (
    <ChangeDialog
      title={say('stop.title', { tag })}
      begin={say('stop.begin')}
      change={change}
      isBlocked={open}
      isDangerous
    >
      <Content>
        <p>{say('stop.warning', { tag })}</p>
      </Content>
    </ChangeDialog>
  );
}

function useHierarchy(tag: string): {
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

interface Change {
  readonly plan: {
    readonly data: ChangeAnswer | undefined;
    readonly error: unknown;
    readonly isPending: boolean;
  };
  readonly perform: { readonly error: unknown; readonly isPending: boolean; readonly mutate: () => void };
}

/** Asks for the plan, and then for the change itself, whose operation is followed in a dialog of its own. */
function useChange(options: {
  readonly key: readonly string[];
  readonly ask: (dryRun: boolean, signal?: AbortSignal) => Promise<ChangeAnswer>;
}): Change {
  const navigate = useNavigate();
  const close = useCloseDialog();
  const { refresh } = useLive();
  const plan = useQuery({
    queryKey: ['plan', ...options.key],
    queryFn: ({ signal }) => options.ask(true, signal),
    staleTime: 0,
    gcTime: 0,
  });
  const perform = useMutation({
    mutationFn: () => options.ask(false),
    onSuccess: ({ operation }) => {
      refresh();
      if (operation) void navigate(`/operation/${encodeURIComponent(operation.id)}`, { replace: true });
      else close();
    },
  });
  return { plan, perform: { ...perform, mutate: () => perform.mutate() } };
}

function ChangeDialog(props: {
  readonly title: string;
  readonly begin: string;
  readonly change: Change;
  readonly isBlocked: boolean;
  readonly isDangerous?: boolean;
  readonly children: ReactNode;
}) {
  const say = useText();
  const close = useCloseDialog();
  const { title, begin, change, isBlocked, isDangerous = false, children } = props;
  const { plan, perform } = change;
  const refused = plan.data === undefined || plan.data.findings.some(({ outcome }) => outcome === 'failed');
  return (
    <PageDialog
      title={title}
      onClose={close}
      actions={
        <Button
          data-action="begin"
          variant={isDangerous ? 'danger' : 'primary'}
          isDisabled={refused || isBlocked || perform.isPending}
          isLoading={perform.isPending}
          onClick={perform.mutate}
        >
          {begin}
        </Button>
      }
    >
      {children}
      {plan.isPending && <Spinner size="lg" aria-label={say('shell.loading')} />}
      {plan.error !== null && <Problem error={plan.error} />}
      {plan.data && <ChangePlan change={plan.data} />}
      {perform.error !== null && <Problem error={perform.error} />}
    </PageDialog>
  );
}
