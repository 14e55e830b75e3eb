import { lazy } from 'react';
import type { RouteObject } from 'react-router';
import { ServerDialog } from '../servers/dialogs.tsx';
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

/** Dialogs over the cluster page; its menus lead there. */
export const clusterDialogs: RouteObject[] = [
  { path: 'in-service/:tag', Component: MoveDialog },
  { path: 'out-of-service/:tag', Component: StopDialog },
  { path: 'operation/:id', Component: OperationDialog },
  { path: 'server/:name', element: <ServerDialog page="/" /> },
  ...hierarchyDialogs,
];
