import type { EventRecord } from '@holdfast/contract';

/** Which events are wanted; all that is given must hold. */
export interface EventFilter {
  /** Only what came after this id. */
  readonly since?: string | undefined;
  readonly hierarchy?: string | undefined;
  /** Of this hierarchy, or of none. */
  readonly about?: string | undefined;
  readonly server?: string | undefined;
  readonly code?: string | undefined;
  /** At least so grave. */
  readonly severity?: EventRecord['severity'] | undefined;
  /** Wall-clock time, ISO 8601: from this instant on, and up to that one. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** A text in code, tag, hierarchy, server or the values of the facts; capitals do not matter. */
  readonly search?: string | undefined;
}

const gravity: Readonly<Record<EventRecord['severity'], number>> = { info: 0, warning: 1, alarm: 2 };
/** Digits of the milliseconds with which an event's id begins: ids sort by time until the year 33658. */
const timeDigits = 15;

/** The id of an event: it grows with time, and tells apart what several servers say at the same millisecond. */
export function formatEventId(event: {
  readonly at: string;
  readonly server: string;
  readonly sequence: number;
}): string {
  return `${formatTime(event.at)}-${event.server}-${String(event.sequence).padStart(8, '0')}`;
}

function formatTime(at: string): string {
  return String(Date.parse(at)).padStart(timeDigits, '0');
}

/** What every wanted id begins with: only so much has to be read. Empty where the time is open. */
export function sharedIdPrefix({ from, to }: EventFilter): string {
  if (from === undefined || to === undefined) return '';
  const [first, last] = [formatTime(from), formatTime(to)];
  let length = 0;
  while (length < timeDigits && first[length] === last[length]) length += 1;
  return first.slice(0, length);
}

/** Says whether an event may be wanted as far as its id tells. */
export function isIdWanted(id: string, { since, from, to }: EventFilter): boolean {
  const time = id.slice(0, timeDigits);
  return (
    (since === undefined || id > since) &&
    (from === undefined || time >= formatTime(from)) &&
    (to === undefined || time <= formatTime(to))
  );
}

/** Says whether an event is wanted by what it says. */
export function isEventWanted(event: EventRecord, filter: EventFilter): boolean {
  const { hierarchy, about, server, code, severity, search } = filter;
  return (
    (hierarchy === undefined || event.hierarchy === hierarchy) &&
    (about === undefined || event.hierarchy === undefined || event.hierarchy === about) &&
    (server === undefined || event.server === server) &&
    (code === undefined || event.code === code) &&
    (severity === undefined || gravity[event.severity] >= gravity[severity]) &&
    (search === undefined || hasText(event, search.toLowerCase()))
  );
}

function hasText({ code, tag, hierarchy, server, facts }: EventRecord, text: string): boolean {
  return [code, tag, hierarchy, server, ...Object.values(facts)].some((value) =>
    String(value ?? '')
      .toLowerCase()
      .includes(text),
  );
}
