import { lazy } from 'react';
import type { RouteObject } from 'react-router';

const CreateDialog = lazy(() =>
  import('./create-dialog.tsx').then(({ CreateDialog: Dialog }) => ({ default: Dialog })),
);
const ExtendDialog = lazy(() =>
  import('./extend-dialog.tsx').then(({ ExtendDialog: Dialog }) => ({ default: Dialog })),
);
const UnextendDialog = lazy(() =>
  import('./removal-dialogs.tsx').then(({ UnextendDialog: Dialog }) => ({ default: Dialog })),
);
const DeleteDialog = lazy(() =>
  import('./removal-dialogs.tsx').then(({ DeleteDialog: Dialog }) => ({ default: Dialog })),
);

/** Dialogs that make hierarchies and change what they are. */
export const hierarchyDialogs: RouteObject[] = [
  { path: 'create', Component: CreateDialog },
  { path: 'extend/:tag', Component: ExtendDialog },
  { path: 'unextend/:tag', Component: UnextendDialog },
  { path: 'delete/:tag', Component: DeleteDialog },
];
