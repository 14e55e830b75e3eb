import { apiRoot, eventBody, type EventBody } from '@holdfast/contract';

/** A browser gives each host few connections: a stream that is not looked at is given back. */
export interface EventStreamListener {
  onEvent(event: EventBody): void;
  /** `open`: what happens is told from now on. */
  onState(state: 'open' | 'closed'): void;
}

const reconnectMs = 1_000;
const historyLimit = 200;

/**
 * Follows the events of the cluster, first the last ones, and connects again with the last one that came. It rests while the
 * page is hidden. Returns how to end it.
 */
export function followEvents(listener: EventStreamListener): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last: string | undefined;
  const close = (): void => {
    clearTimeout(timer);
    source?.close();
    source = undefined;
    listener.onState('closed');
  };
  const open = (): void => {
    close();
    if (document.visibilityState === 'hidden') return;
    const query = new URLSearchParams({
      follow: 'true',
      limit: String(historyLimit),
      ...(last !== undefined && { lastEventId: last }),
    });
    source = new EventSource(`${apiRoot}/events?${query.toString()}`);
    source.addEventListener('open', () => listener.onState('open'));
    source.addEventListener('message', ({ data, lastEventId }: MessageEvent<string>) => {
      const event = eventBody.safeParse(JSON.parse(data)).data;
      if (!event) return;
      last = lastEventId;
      listener.onEvent(event);
    });
    // The browser would give up at the first answer that is an error.
    source.addEventListener('error', () => {
      close();
      timer = setTimeout(open, reconnectMs);
    });
  };
  document.addEventListener('visibilitychange', open);
  open();
  return () => {
    document.removeEventListener('visibilitychange', open);
    close();
  };
}
