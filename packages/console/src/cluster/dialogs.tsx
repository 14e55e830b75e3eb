import { lazy } from 'react';
import { matchRoutes, type RouteObject } from 'react-router';
import { hierarchyDialogs } from '../wizards/dialogs.tsx';

const MoveDialog = lazy(() =>
  import('../operations/move-dialog.tsx').then(({ MoveDialog }) => ({ default: MoveDialog })),
);
const StopDialog = lazy(() =>
  import('../operations/move-dialog.tsx').then(({ StopDialog }) => ({ default: StopDialog })),
);
const OperationDialog = lazy(() =>
  import('../operations/operation-dialog.tsx').then(({ OperationDialog }) => ({ default: OperationDialog })),
);

/** Dialogs over the cluster page. Menus offer what has its dialog here. */
export const clusterDialogs: RouteObject[] = [
  { path: 'in-service/:tag', Component: MoveDialog },
  { path: 'out-of-service/:tag', Component: StopDialog },
  { path: 'operation/:id', Component: OperationDialog },
  ...hierarchyDialogs,
];

export function hasDialog(path: string): boolean {
  return matchRoutes(clusterDialogs, path) !== null;
}
