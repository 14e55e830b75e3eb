import type { RouteObject } from 'react-router';

/** Dialogs over the cluster page. */
export const clusterDialogs: RouteObject[] = [];
