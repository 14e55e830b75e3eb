import { eventStreamQuietMs, type EventBody, type EventsAnswer, type eventsQuery } from '@holdfast/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { KeptEvent } from '../event-log.ts';
import { formatPlace, parsePlace } from '../event-place.ts';
import type { ApiContext } from './context.ts';

type EventsQuery = z.output<typeof eventsQuery>;

/** GET /events. */
export async function answerEvents({ events }: ApiContext, query: EventsQuery): Promise<EventsAnswer> {
  const { follow: _, lastEventId: __, ...filter } = query;
  const kept = await events.read(filter);
  return { events: kept.map(toBody) };
}

function toBody({ id, record }: KeptEvent): EventBody {
  const { at, instant, code, severity, server, hierarchy, tag, facts } = record;
  return { id, at, instant, code, severity, server, hierarchy: hierarchy ?? null, tag: tag ?? null, facts };
}

/**
 * The same as server-sent events, each as soon as it is in the store. The store's hint only says when to look. The id of each is its
 * place in the order of the store: who comes back with the last one, to this server or to another one, gets exactly what came after it.
 */
export async function streamEvents(
  context: ApiContext,
  query: EventsQuery,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { follow: _, lastEventId, ...filter } = query;
  const header = request.headers['last-event-id'];
  let place = parsePlace((typeof header === 'string' ? header : lastEventId) ?? '');
  const { raw } = reply.hijack();
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  let looking = false;
  let again = false;
  const look = async (): Promise<void> => {
    again = true;
    if (looking) return;
    looking = true;
    while (again && !raw.destroyed) {
      again = false;
      const found = await context.events.readOn(filter, place);
      for (const event of found.events)
        raw.write(`id: ${formatPlace(event)}\ndata: ${JSON.stringify(toBody(event))}\n\n`);
      place = found.place;
    }
    looking = false;
  };
  // A look that fails is done again with the next hint or beat; the stream itself goes on.
  const lookAgain = (): void => {
    look().catch(() => {
      looking = false;
    });
  };
  const endWatch = context.store.watch(context.keys.events, lookAgain);
  const beat = setInterval(() => {
    raw.write(': \n\n');
    lookAgain();
  }, eventStreamQuietMs / 3);
  request.raw.once('close', () => {
    endWatch();
    clearInterval(beat);
    raw.end();
  });
  lookAgain();
  return reply;
}
