import type { Incarnation, ServerName } from './model.ts';
import type { InstantMs } from './time.ts';
import { allow, refuse, type Verdict } from './verdict.ts';

/** What an owner whose lease is not renewed asks of every other server: to take nothing of its for so long (C-08). */
export interface PromiseRequest {
  /** Of the asking server: another life of it owns nothing any more. */
  readonly incarnation: Incarnation;
  /** The configuration whose servers are all asked, by its revision. */
  readonly configuration: number;
  readonly forMs: number;
}

/** What a server has promised, on its own clock: it takes nothing that those servers owned last. */
export interface Promises {
  /** Whatever was promised in a life of which nothing is known any more has ended by then. */
  readonly toAll: InstantMs;
  readonly to: Readonly<Record<ServerName, InstantMs>>;
}

/** What a server that is asked knows, by its newest look at the store in this life. */
export interface PromiserKnowledge {
  readonly isOn: boolean;
  readonly configuration: number;
  readonly sessions: Readonly<Record<ServerName, { readonly incarnation: Incarnation }>>;
}

/**
 * Says whether this server promises to take nothing. It refuses when it knows of a configuration that the other does not:
 * there may be a server then that was not asked. It refuses also when the other's session is gone: then etcd had a majority
 * when it was looked at, the other's lease is over, and there is an ordinary failover instead.
 */
export function judgePromise(
  known: PromiserKnowledge | undefined,
  from: ServerName,
  asked: PromiseRequest,
): Verdict {
  if (!known) return refuse('store-not-seen');
  if (!known.isOn) return refuse('failsafe-off');
  if (known.configuration > asked.configuration)
    return refuse('configuration-newer', { known: known.configuration, asked: asked.configuration });
  if (known.sessions[from]?.incarnation !== asked.incarnation)
    return refuse('session-not-there', { server: from });
  return allow();
}

/** Until when this server takes nothing that `lastOwner` owned; `undefined`: it is free to. An unknown one may be any (S5). */
export function promisedUntil(
  promises: Promises | undefined,
  lastOwner: ServerName | undefined,
  now: InstantMs,
): InstantMs | undefined {
  if (!promises) return undefined;
  const { toAll, to } = promises;
  const ends = lastOwner === undefined ? Object.values(to) : [to[lastOwner] ?? -Infinity];
  const until = Math.max(toAll, ...ends);
  return now < until ? until : undefined;
}
