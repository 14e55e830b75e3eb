import { createBrowserRouter } from 'react-router';
import { Layout } from './layout.tsx';
import { NotFoundPage, PageFailure } from './lost-pages.tsx';
import { pages } from './pages.tsx';

/** `/cluster/`, `/health` and `/metrics` are the daemon's own addresses: no page may have them. */
export function createConsoleRouter(): ReturnType<typeof createBrowserRouter> {
  return createBrowserRouter([
    {
      path: '/',
      Component: Layout,
      ErrorBoundary: PageFailure,
      children: [
        ...pages.map(({ path, Page, dialogs }) => ({
          path,
          Component: Page,
          ErrorBoundary: PageFailure,
          ...(dialogs && { children: dialogs }),
        })),
        { path: '*', Component: NotFoundPage },
      ],
    },
  ]);
}
