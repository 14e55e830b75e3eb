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
const AddDependencyDialog = lazy(() =>
  import('./dependency-dialogs.tsx').then(({ AddDependencyDialog: Dialog }) => ({ default: Dialog })),
);
const RemoveDependencyDialog = lazy(() =>
  import('./dependency-dialogs.tsx').then(({ RemoveDependencyDialog: Dialog }) => ({ default: Dialog })),
);
const PropertiesDialog = lazy(() =>
  import('../properties/properties-dialog.tsx').then(({ PropertiesDialog: Dialog }) => ({ default: Dialog })),
);
const ExplainDialog = lazy(() =>
  import('../explain/explain-dialog.tsx').then(({ ExplainDialog: Dialog }) => ({ default: Dialog })),
);

/** Dialogs that make hierarchies and change what they are. */
export const hierarchyDialogs: RouteObject[] = [
  { path: 'create', Component: CreateDialog },
  { path: 'extend/:tag', Component: ExtendDialog },
  { path: 'unextend/:tag', Component: UnextendDialog },
  { path: 'delete/:tag', Component: DeleteDialog },
  { path: 'add-dependency/:tag', Component: AddDependencyDialog },
  { path: 'remove-dependency/:tag', Component: RemoveDependencyDialog },
  { path: 'properties/:tag', Component: PropertiesDialog },
  { path: 'explain/:tag', Component: ExplainDialog },
];
