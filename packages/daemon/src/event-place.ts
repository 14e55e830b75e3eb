/**
 * Where a reader of events is in the order in which they came to the store. That is not the order of their ids, which is that of
 * their times: what a server could not write for a while comes late, and clocks differ (S9).
 */
export interface EventPlace {
  /** The store's revision that brought the event. */
  readonly revision: number;
  /** One revision may bring several. */
  readonly id: string;
}

/** A place as the id of a server-sent event, which clients give back after a cut (HTML standard, 9.2, `Last-Event-ID`). */
export function formatPlace({ revision, id }: EventPlace): string {
  return `${revision}.${id}`;
}

/** `undefined` for what is none. */
export function parsePlace(text: string): EventPlace | undefined {
  const match = /^(\d{1,15})\.([\x21-\x7e]{1,150})$/.exec(text);
  return match ? { revision: Number(match[1]), id: match[2] ?? '' } : undefined;
}

/** Negative when `a` came to the store before `b`. */
export function comparePlaces(a: EventPlace, b: EventPlace): number {
  return a.revision - b.revision || (a.id === b.id ? 0 : a.id < b.id ? -1 : 1);
}

/** Behind everything that a revision and those before it brought. */
export function endOfRevision(revision: number): EventPlace {
  return { revision, id: '~' };
}
