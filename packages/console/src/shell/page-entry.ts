import type { Role } from '@holdfast/contract';
import type { ComponentType } from 'react';
import type { RouteObject } from 'react-router';
import type { PlainKey } from '../i18n/text.ts';

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
