import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from 'react-router/dom';
import { createConsoleQueries } from './live/queries.ts';
import { createConsoleRouter } from './shell/router.tsx';
import { SessionGate } from './shell/session-gate.tsx';

const queries = createConsoleQueries();
const router = createConsoleRouter();

export function Console() {
  return (
    <QueryClientProvider client={queries}>
      <SessionGate>
        <RouterProvider router={router} />
      </SessionGate>
    </QueryClientProvider>
  );
}
