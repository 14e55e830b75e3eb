import { lazy } from 'react';
import { ClusterPage } from '../cluster/cluster-page.tsx';
import { clusterDialogs } from '../cluster/dialogs.tsx';
import { serverDialogs } from '../servers/dialogs.tsx';
import type { PageEntry } from './page-entry.ts';
import { recordPages } from './record-pages.tsx';

/** All pages in the order of the navigation. Those but the first are loaded when they are opened. */
export const pages: readonly PageEntry[] = [
  { path: '/', title: 'page.cluster', Page: ClusterPage, dialogs: clusterDialogs },
  {
    path: '/servers',
    title: 'page.servers',
    Page: lazy(() =>
      import('../servers/servers-page.tsx').then(({ ServersPage: Page }) => ({ default: Page })),
    ),
    dialogs: serverDialogs,
  },
  ...recordPages,
];
