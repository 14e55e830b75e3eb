import type { Role } from '@holdfast/contract';
import { lazy, type ComponentType } from 'react';
import type { RouteObject } from 'react-router';
import type { PlainKey } from '../i18n/text.ts';
import { ClusterPage } from '../cluster/cluster-page.tsx';
import { clusterDialogs } from '../cluster/dialogs.tsx';

/** A page of the navigation. */
export interface PageEntry {
  readonly path: string;
  readonly title: PlainKey;
  /** Who may see it; everybody who is signed in when left out. */
  readonly role?: Role;
  readonly Page: ComponentType;
  /** Dialogs over the page, shown in its `<Outlet />`: each has an address, so Back closes it and a link opens it. */
  readonly dialogs?: RouteObject[];
}

/** All pages in the order of the navigation. Those but the first are loaded when they are opened. */
export const pages: readonly PageEntry[] = [
  { path: '/', title: 'page.cluster', Page: ClusterPage, dialogs: clusterDialogs },
  {
    path: '/servers',
    title: 'page.servers',
    Page: lazy(() =>
      import('../servers/servers-page.tsx').then(({ ServersPage: Page }) => ({ default: Page })),
    ),
  },
];
