import {
  Button,
  EmptyState,
  Flex,
  PageSection,
  SearchInput,
  Switch,
  Title,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from '@patternfly/react-core';
import { hierarchySummary } from '@holdfast/contract';
import { useCallback, useMemo, useState, useSyncExternalStore, Suspense } from 'react';
import { Outlet } from 'react-router';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { Loading } from '../shell/loading.tsx';
import { Problem } from '../shell/problem.tsx';
import { RoleButton } from '../shell/role-button.tsx';
import { HierarchySummary } from '../words/states.tsx';
import { ClusterGrid } from './cluster-grid.tsx';
import { countSummaries, listRows } from './tree.ts';

/** More hierarchies than these begin folded. */
const unfoldedHierarchies = 15;

/** Hierarchies down, servers across: the whole cluster at a glance. */
export function ClusterPage() {
  const say = useText();
  const { status, error } = useLive();
  const [search, setSearch] = useState('');
  const [problemsOnly, setProblemsOnly] = useState(false);
  const folds = useFolds((status?.hierarchies.length ?? 0) <= unfoldedHierarchies);
  const rows = useMemo(
    () =>
      status
        ? listRows(status, {
            search: search.trim().toLowerCase(),
            problemsOnly,
            isExpanded: folds.isExpanded,
          })
        : [],
    [status, search, problemsOnly, folds.isExpanded],
  );
  if (!status) return <PageSection>{error ? <Problem error={error} /> : <Loading />}</PageSection>;
  const counts = countSummaries(status);
  return (
    <PageSection isFilled className="hf-cluster-page">
      <Flex justifyContent={{ default: 'justifyContentSpaceBetween' }}>
        <Title headingLevel="h1">{say('page.cluster')}</Title>
        <Flex component="ul" aria-label={say('cluster.hierarchies')} className="hf-counts">
          {hierarchySummary.options
            .filter((summary) => counts.has(summary))
            .map((summary) => (
              <li key={summary}>
                <HierarchySummary summary={summary} /> {counts.get(summary)}
              </li>
            ))}
        </Flex>
      </Flex>
      <Toolbar>
        <ToolbarContent>
          <ToolbarItem>
            <SearchInput
              aria-label={say('cluster.search')}
              placeholder={say('cluster.search')}
              value={search}
              onChange={(_, value) => setSearch(value)}
              onClear={() => setSearch('')}
            />
          </ToolbarItem>
          <ToolbarItem alignSelf="center">
            <Switch
              id="problems-only"
              label={say('cluster.problemsOnly')}
              isChecked={problemsOnly}
              onChange={(_, checked) => setProblemsOnly(checked)}
            />
          </ToolbarItem>
          <ToolbarItem>
            <RoleButton needs="administrator" path="/create" words={say('cluster.create')} />
          </ToolbarItem>
          <ToolbarItem>
            <Button variant="link" onClick={() => folds.setAll(!folds.areAllOpen)}>
              {say(folds.areAllOpen ? 'cluster.collapseAll' : 'cluster.expandAll')}
            </Button>
          </ToolbarItem>
        </ToolbarContent>
      </Toolbar>
      {rows.length === 0 && (
        <EmptyState
          headingLevel="h2"
          titleText={say(status.hierarchies.length === 0 ? 'cluster.none' : 'cluster.noneFits')}
        />
      )}
      <ClusterGrid status={status} rows={rows} onToggle={folds.toggle} />
      <Suspense fallback={<Loading />}>
        <Outlet />
      </Suspense>
    </PageSection>
  );
}

interface Folds {
  readonly isExpanded: (key: string) => boolean;
  readonly toggle: (key: string) => void;
  readonly areAllOpen: boolean;
  readonly setAll: (open: boolean) => void;
}

/** What is unfolded: `exceptions` are otherwise than `open` says. It stays while the console is open. */
let folds: { readonly open: boolean | undefined; readonly exceptions: ReadonlySet<string> } = {
  open: undefined,
  exceptions: new Set(),
};
const foldListeners = new Set<() => void>();

function setFolds(next: typeof folds): void {
  folds = next;
  for (const listener of foldListeners) listener();
}

function useFolds(openAtFirst: boolean): Folds {
  const { open = openAtFirst, exceptions } = useSyncExternalStore(
    (listener) => {
      foldListeners.add(listener);
      return () => foldListeners.delete(listener);
    },
    () => folds,
  );
  const isExpanded = useCallback((key: string) => exceptions.has(key) !== open, [exceptions, open]);
  const toggle = useCallback((key: string): void => {
    const next = new Set(folds.exceptions);
    if (!next.delete(key)) next.add(key);
    setFolds({ ...folds, exceptions: next });
  }, []);
  const setAll = useCallback((all: boolean) => setFolds({ open: all, exceptions: new Set() }), []);
  return { isExpanded, toggle, areAllOpen: open, setAll };
}
