import { lazy } from 'react';
import type { PageEntry } from './page-entry.ts';

const NewAccountDialog = lazy(() =>
  import('../access/account-dialogs.tsx').then(({ NewAccountDialog: Page }) => ({ default: Page })),
);
const ChangeAccountDialog = lazy(() =>
  import('../access/account-dialogs.tsx').then(({ ChangeAccountDialog: Page }) => ({ default: Page })),
);
const DeleteAccountDialog = lazy(() =>
  import('../access/account-dialogs.tsx').then(({ DeleteAccountDialog: Page }) => ({ default: Page })),
);
const ChangePasswordDialog = lazy(() =>
  import('../access/account-dialogs.tsx').then(({ ChangePasswordDialog: Page }) => ({ default: Page })),
);
const NewTokenDialog = lazy(() =>
  import('../access/token-dialogs.tsx').then(({ NewTokenDialog: Page }) => ({ default: Page })),
);
const DeleteTokenDialog = lazy(() =>
  import('../access/token-dialogs.tsx').then(({ DeleteTokenDialog: Page }) => ({ default: Page })),
);
const ReportDialog = lazy(() =>
  import('../reports/report-dialog.tsx').then(({ ReportDialog: Page }) => ({ default: Page })),
);
const SettingsDialog = lazy(() =>
  import('../settings/settings-dialog.tsx').then(({ SettingsDialog: Page }) => ({ default: Page })),
);
const ExportDialog = lazy(() =>
  import('../settings/export-dialog.tsx').then(({ ExportDialog: Page }) => ({ default: Page })),
);
const ImportDialog = lazy(() =>
  import('../settings/import-dialog.tsx').then(({ ImportDialog: Page }) => ({ default: Page })),
);

/** Pages of what has been recorded, set and found out. */
export const recordPages: readonly PageEntry[] = [
  {
    path: '/events',
    title: 'page.events',
    Page: lazy(() => import('../events/events-page.tsx').then(({ EventsPage: Page }) => ({ default: Page }))),
  },
  {
    path: '/reports',
    title: 'page.reports',
    Page: lazy(() =>
      import('../reports/reports-page.tsx').then(({ ReportsPage: Page }) => ({ default: Page })),
    ),
    dialogs: [{ path: ':id', Component: ReportDialog }],
  },
  {
    path: '/doctor',
    title: 'page.doctor',
    role: 'operator',
    Page: lazy(() => import('../doctor/doctor-page.tsx').then(({ DoctorPage: Page }) => ({ default: Page }))),
  },
  {
    path: '/settings',
    title: 'page.settings',
    Page: lazy(() =>
      import('../settings/settings-page.tsx').then(({ SettingsPage: Page }) => ({ default: Page })),
    ),
    dialogs: [
      { path: 'change', Component: SettingsDialog },
      { path: 'export', Component: ExportDialog },
      { path: 'import', Component: ImportDialog },
    ],
  },
  {
    path: '/access',
    title: 'page.access',
    Page: lazy(() => import('../access/access-page.tsx').then(({ AccessPage: Page }) => ({ default: Page }))),
    dialogs: [
      { path: 'new-account', Component: NewAccountDialog },
      { path: 'accounts/:name', Component: ChangeAccountDialog },
      { path: 'accounts/:name/delete', Component: DeleteAccountDialog },
      { path: 'password', Component: ChangePasswordDialog },
      { path: 'new-token', Component: NewTokenDialog },
      { path: 'tokens/:id/delete', Component: DeleteTokenDialog },
    ],
  },
  {
    path: '/audit',
    title: 'page.audit',
    role: 'administrator',
    Page: lazy(() => import('../audit/audit-page.tsx').then(({ AuditPage: Page }) => ({ default: Page }))),
  },
  {
    path: '/about',
    title: 'page.about',
    Page: lazy(() => import('../about/about-page.tsx').then(({ AboutPage: Page }) => ({ default: Page }))),
  },
];
