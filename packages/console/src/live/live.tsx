import type { EventBody, StatusAnswer } from '@holdfast/contract';
import { useQuery } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { ApiError, callApi } from '../api.ts';
import { followEvents } from './event-stream.ts';

/** `live`: what is shown is current. `lost`: the server did not answer lately. */
export type ConnectionState = 'connecting' | 'live' | 'lost';

export interface Live {
  /** As it was last answered; it is current only while `connection` is `live`. */
  readonly status: StatusAnswer | undefined;
  readonly connection: ConnectionState;
  /** Why nothing came yet. */
  readonly error: unknown;
  /** The last events, oldest first. */
  readonly events: readonly EventBody[];
  /** Asks for the status again at once. */
  readonly refresh: () => void;
}

const LiveContext = createContext<Live | undefined>(undefined);

const eventsKept = 1_000;
const streamedPollMs = 3_000;
const fallbackPollMs = 2_000;
const lostPollMs = 1_000;
const movingPollMs = 1_000;
const answerTimeoutMs = 3_000;
/** Events come in bursts; one question answers all of a burst. */
const burstMs = 40;

export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const [streamed, setStreamed] = useState(false);
  const { events, add } = useKeptEvents();
  const { data, error, isSuccess, refetch } = useQuery({
    queryKey: ['status'],
    queryFn: ({ signal }) =>
      callApi('status', { signal: AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]) }),
    staleTime: 0,
    refetchInterval: ({ state }) =>
      state.status === 'error'
        ? lostPollMs
        : !streamed
          ? fallbackPollMs
          : state.data && isMoving(state.data)
            ? movingPollMs
            : streamedPollMs,
  });
  const refresh = useRefresh(refetch);
  useEffect(
    () =>
      followEvents({
        onEvent: (event) => {
          add(event);
          refresh();
        },
        onState: (state) => {
          setStreamed(state === 'open');
          refresh();
        },
      }),
    [add, refresh],
  );
  const signedOut = error instanceof ApiError && error.status === 401;
  const connection = isSuccess ? 'live' : error && !signedOut ? 'lost' : data ? 'lost' : 'connecting';
  const live = useMemo(
    () => ({ status: data, connection, error, events, refresh }) satisfies Live,
    [data, connection, error, events, refresh],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
}

/** The cluster as it is, and how current that is. */
export function useLive(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error('no live data here');
  return live;
}

function useKeptEvents(): {
  readonly events: readonly EventBody[];
  readonly add: (event: EventBody) => void;
} {
  const [events, setEvents] = useState<readonly EventBody[]>([]);
  const fresh = useRef<EventBody[]>([]);
  const add = useRef((event: EventBody): void => {
    if (fresh.current.push(event) > 1) return;
    setTimeout(() => {
      const more = fresh.current;
      fresh.current = [];
      setEvents((before) => [...before, ...more].slice(-eventsKept));
    }, burstMs);
  });
  return { events, add: add.current };
}

/** One question at a time; what happens during one is asked about right after it. */
function useRefresh(refetch: (options: { cancelRefetch: boolean }) => Promise<unknown>): () => void {
  const latest = useRef(refetch);
  latest.current = refetch;
  const state = useRef<'idle' | 'waiting' | 'asking' | 'again'>('idle');
  const refresh = useRef((): void => {
    if (state.current === 'asking') state.current = 'again';
    if (state.current !== 'idle') return;
    state.current = 'waiting';
    setTimeout(() => {
      state.current = 'asking';
      void latest.current({ cancelRefetch: false }).finally(() => {
        const again = state.current === 'again';
        state.current = 'idle';
        if (again) refresh.current();
      });
    }, burstMs);
  });
  return refresh.current;
}

function isMoving({ hierarchies }: StatusAnswer): boolean {
  return hierarchies.some(
    ({ operation, resources }) =>
      operation !== null ||
      resources.some(({ instances }) =>
        Object.values(instances).some(({ state }) => state === 'starting' || state === 'stopping'),
      ),
  );
}
