import { lazy } from 'react';
import type { RouteObject } from 'react-router';

const NewPathDialog = lazy(() =>
  import('./path-dialogs.tsx').then(({ NewPathDialog: Dialog }) => ({ default: Dialog })),
);
const ChangePathDialog = lazy(() =>
  import('./path-dialogs.tsx').then(({ ChangePathDialog: Dialog }) => ({ default: Dialog })),
);
const DeletePathDialog = lazy(() =>
  import('./path-dialogs.tsx').then(({ DeletePathDialog: Dialog }) => ({ default: Dialog })),
);
const NewServerDialog = lazy(() =>
  import('./server-dialogs.tsx').then(({ NewServerDialog: Dialog }) => ({ default: Dialog })),
);

const RemoveServerDialog = lazy(() =>
  import('./remove-server-dialog.tsx').then(({ RemoveServerDialog: Dialog }) => ({ default: Dialog })),
);
const RenewCertificatesDialog = lazy(() =>
  import('./renew-certificates-dialog.tsx').then(({ RenewCertificatesDialog: Dialog }) => ({
    default: Dialog,
  })),
);

/** What is set for a server; both the cluster page and the page of servers lead there. */
export const ServerDialog = lazy(() =>
  import('./server-dialogs.tsx').then(({ ServerDialog: Dialog }) => ({ default: Dialog })),
);

/** Dialogs over the page of servers and paths. */
export const serverDialogs: RouteObject[] = [
  { path: 'new', Component: NewServerDialog },
  { path: 'server/:name', element: <ServerDialog page="/servers" /> },
  { path: 'server/:name/remove', Component: RemoveServerDialog },
  { path: 'server/:name/renew-certificates', Component: RenewCertificatesDialog },
  { path: 'new-path', Component: NewPathDialog },
  { path: 'paths/:id', Component: ChangePathDialog },
  { path: 'paths/:id/delete', Component: DeletePathDialog },
];
