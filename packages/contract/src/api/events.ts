import { z } from 'zod';
import { tagName } from '../records.ts';
import { serverName } from '../server-file.ts';
import { reasonBody, wallTime } from './common.ts';

export const eventBody = z
  .object({
    /** Grows with time: give it as `since` to get what came after it. */
    id: z.string(),
    at: wallTime,
    /** Milliseconds of that server's monotonic clock: for durations between events of one server (S9). */
    instant: z.number().optional(),
    code: z.string(),
    severity: z.enum(['info', 'warning', 'alarm']),
    server: serverName,
    hierarchy: tagName.nullable(),
    tag: tagName.nullable(),
    facts: reasonBody.shape.facts,
  })
  .meta({ id: 'Event' });
export type EventBody = z.infer<typeof eventBody>;

/**
 * GET /events: the last `limit` events after `since` that the other fields want, oldest first. With `follow=true` the answer is a stream
 * of server-sent events (`text/event-stream`): each event as `id:` and one `data:` line with an {@link
 * eventBody}, and a comment line at least every {@link eventStreamQuietMs}. Who comes back after a cut, to any server, with the last
 * `id:` in the header `Last-Event-ID` or in `lastEventId` gets all that came after it, once, and no history.
 */
export const eventsQuery = z.strictObject({
  since: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  follow: z.stringbool().default(false),
  /** Of a stream: the `id:` of the last event that came, for clients that cannot send the header. */
  lastEventId: z.string().max(200).optional(),
  hierarchy: tagName.optional(),
  /** A text in code, tag, hierarchy, server or the values of the facts; capitals do not matter. */
  search: z.string().min(1).max(200).optional(),
  /** At least so grave. */
  severity: z.enum(['info', 'warning', 'alarm']).optional(),
  code: z.string().max(100).optional(),
  server: serverName.optional(),
  /** Wall-clock time of the servers that wrote the events, both ends included. */
  from: wallTime.optional(),
  to: wallTime.optional(),
});
export const eventsAnswer = z.object({ events: z.array(eventBody) });
export type EventsAnswer = z.infer<typeof eventsAnswer>;

/** A stream of events that is silent for longer has been cut. */
export const eventStreamQuietMs = 15_000;
