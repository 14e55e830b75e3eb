import type { Keys } from '@holdfast/contract';
import type { Etcd, StoreChange } from './etcd.ts';
import type { StartAct, StopAct } from './kits.ts';
import type { Machine, ThingState } from './machine.ts';
import { createPolicyCheckers } from './policy-checkers.ts';
import type { TrueMs } from './scheduler.ts';
import { createStructure, type Reign } from './structure.ts';

export type Rule =
  | 'S1'
  | 'S2'
  | 'S3'
  | 'S4'
  | 'S5'
  | 'S6'
  | 'S7'
  | 'S8'
  | 'L1'
  | 'L2'
  | 'L3'
  | 'C-08'
  | 'H-05'
  | 'C-07'
  | 'R-04'
  | 'R-07'
  | 'R-09'
  | 'barrier';

/** A safety rule does not hold. The run ends here. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly rule: Rule;
  constructor(rule: Rule, text: string) {
    super(`${rule}: ${text}`);
    this.rule = rule;
  }
}

export interface CheckerOptions {
  readonly now: () => TrueMs;
  readonly after: (delayMs: number, act: () => void) => void;
  readonly etcd: () => Etcd;
  readonly keys: Keys;
  readonly machines: () => ReadonlyMap<string, Machine>;
  readonly volumeTerm: (tag: string) => number | undefined;
  /** Rules that this class of schedules cannot keep, and says so by its name. */
  readonly excluded: ReadonlySet<Rule>;
  /** Servers promise each other to take nothing (C-08). */
  readonly hasPromises: boolean;
  /** From then on nothing has any reason to stop. */
  readonly uninterruptedFrom: TrueMs;
}

export interface Checkers {
  onThing(
    server: string,
    tag: string,
    change: { readonly before: ThingState; readonly after: ThingState; readonly cause: string },
  ): void;
  onStart(act: StartAct): void;
  onStop(act: StopAct): void;
  onStoreChange(change: StoreChange): void;
  /** A lease is over in the store: another server may take over from now on. */
  onLeaseEnd(lease: string): void;
  /**
   * By its keeper's own count the lease's time has passed without another renewal, unless `isRenewed` later. What runs may go on
   * while every other server has promised to take nothing (C-08).
   */
  onLeaseTimeOver(server: string, lease: string, isRenewed?: () => boolean): void;
  /** A server has promised another, or all others, to take nothing of theirs until then. */
  onPromise(promiser: string, to: string | undefined, until: TrueMs): void;
  /** The guard keeps this lease for this server. */
  onLeaseHeld(server: string, lease: string): void;
  /** Notes the violation; it is not thrown, because the program under test might catch it. The run ends with this event. */
  fail(rule: Rule, text: string): void;
  /** The first one of the run. */
  violation(): Violation | undefined;
  /** When a hierarchy last got another owner, or one of its things was last started or stopped. */
  lastMove(): TrueMs;
  activeServers(hierarchy: string): readonly string[];
  /** Where any of these resources is active, protected or not. */
  serversOf(tags: readonly string[]): readonly string[];
}

/** Checks the safety rules from outside, with knowledge that no server has: the true state of everything. */
export function createCheckers(options: CheckerOptions): Checkers {
  const { keys, etcd, machines } = options;
  const structure = createStructure();
  /** By tag: where it is active. */
  const active = new Map<string, Set<string>>();
  const terms = new Map<string, number>();
  const holders = new Map<string, string>();
  /** How the thing last came to a stop: what crashed or was killed may surprise its parents. */
  const stopCauses = new Map<string, string>();
  /** `to promiser`, or `promiser` for a promise to all: until when. */
  const promises = new Map<string, TrueMs>();
  let lastMove: TrueMs = 0;
  let violation: Violation | undefined;
  const policies = createPolicyCheckers({ now: options.now, etcd, keys, fail });

  function fail(rule: Rule, text: string): void {
    if (!options.excluded.has(rule)) violation ??= new Violation(rule, text);
  }

  function isProtected(hierarchy: string): boolean {
    return etcd().get(keys.hierarchy(hierarchy)) !== undefined;
  }

  function ownerOf(hierarchy: string): { readonly lease: string } | undefined {
    return etcd().get(keys.owner(hierarchy));
  }

  function activeServers(hierarchy: string): readonly string[] {
    return serversOf(structure.tagsOf(hierarchy));
  }

  function serversOf(tags: readonly string[]): readonly string[] {
    return [...new Set(tags.flatMap((tag) => [...(active.get(tag) ?? [])]))];
  }

  /** What of these hierarchies that somebody protects is active on a server. */
  function activeOn(server: string, isMeant: (hierarchy: string) => boolean): readonly string[] {
    return [...active]
      .filter(([, servers]) => servers.has(server))
      .map(([tag]) => tag)
      .filter((tag) => {
        const hierarchy = structure.hierarchyOf(tag);
        return isProtected(hierarchy) && isMeant(hierarchy);
      });
  }

  function onThing(
    server: string,
    tag: string,
    {
      before,
      after,
      cause,
    }: { readonly before: ThingState; readonly after: ThingState; readonly cause: string },
  ): void {
    const hierarchy = structure.hierarchyOf(tag);
    const places = active.get(tag) ?? new Set<string>();
    active.set(tag, places);
    if (after === 'stopped') {
      places.delete(server);
      stopCauses.set(`${server} ${tag}`, cause);
    } else places.add(server);
    if (cause !== 'recovered') lastMove = options.now();
    if (after === 'stopped' && options.now() > options.uninterruptedFrom)
      fail('C-08', `${tag} stops on ${server} (${cause}), and every server sees every other`);
    if (before === 'stopped') checkOnePlace(hierarchy, `${tag}: ${cause}`);
  }

  function checkOnePlace(hierarchy: string, why: string): void {
    if (!isProtected(hierarchy)) return;
    const servers = activeServers(hierarchy);
    if (servers.length > 1) fail('S1', `${hierarchy} is active on ${servers.join(' and ')} (${why})`);
  }

  function onStart({ server, hierarchy, tag, term, children }: StartAct): void {
    if (!isProtected(structure.hierarchyOf(tag))) return;
    const recorded = options.volumeTerm(tag);
    if (recorded !== undefined && recorded > term)
      fail('barrier', `${server} brings ${tag} in in term ${term}, and term ${recorded} stands on it`);
    const reigns = structure.reignsOf(tag);
    const own = reigns.find(
      (one) => one.hierarchy === hierarchy && one.server === server && one.term === term,
    );
    if (!own) {
      const owner = reigns.at(-1);
      fail(
        'S2',
        `${server} starts ${tag} in term ${term}; owner is ${owner ? `${owner.server} in ${owner.term}` : 'nobody'}`,
      );
    } else if (!etcd().isAlive(own.lease))
      fail('S2', `${server} starts ${tag} under lease ${own.lease}, which is over`);
    for (const child of children) {
      const cause = stopCauses.get(`${server} ${child}`) ?? 'never started';
      const surprised = cause === 'crash' || cause === 'kill';
      if (machines().get(server)?.thing(child) === 'stopped' && !surprised)
        fail('S7', `${server} starts ${tag} before its child ${child}`);
    }
  }

  function onStop({ server, tag, parents }: StopAct): void {
    if (!isProtected(structure.hierarchyOf(tag))) return;
    const running = parents.find((parent) => machines().get(server)?.thing(parent) !== 'stopped');
    if (running !== undefined) fail('S7', `${server} stops ${tag} before its parent ${running}`);
  }

  function onStoreChange(change: StoreChange): void {
    policies.onStoreChange(change);
    const { key, after } = change;
    const [area, name = '', third = ''] = key.slice(keys.prefix.length).split('/');
    if (area === 'owners') {
      const owner = after && { hierarchy: name, ...parseOwner(after.value), lease: after.lease };
      if (owner) checkOwner(owner);
      structure.onOwner(name, owner);
      if (owner) lastMove = options.now();
    }
    if (area === 'config' && name === 'hierarchies') onConfiguration(third, after?.value);
    if (area === 'terms' && after) {
      const term = parseTerm(after.value);
      const before = terms.get(name) ?? 0;
      if (term <= before) fail('S4', `the term of ${name} goes from ${before} to ${term}`);
      terms.set(name, term);
    }
  }

  /** Taking a hierarchy and asking for it to stay out of service do not go together; the owner's term is the last one. */
  function checkOwner({ hierarchy, server, term }: Reign): void {
    for (const tag of structure.tagsOf(hierarchy)) {
      const before = structure.lastTermOf(tag);
      if (term <= before) fail('S4', `${server} owns ${tag} in term ${term}, after term ${before}`);
    }
    const desired = etcd().get(keys.desired(hierarchy));
    if (desired?.value.includes('"kind":"out-of-service"'))
      fail('S6', `${server} takes ${hierarchy}, which an operator took out of service`);
    const last = etcd().get(keys.term(hierarchy));
    if (last && parseTerm(last.value) !== term)
      fail('S4', `${server} owns ${hierarchy} in term ${term}, last is ${last.value}`);
  }

  /** What comes from another hierarchy finds a term above those that it was owned in: its volumes know them (S4). */
  function onConfiguration(hierarchy: string, record: string | undefined): void {
    const term = etcd().get(keys.term(hierarchy));
    for (const tag of structure.onConfiguration(hierarchy, record)) {
      const before = structure.lastTermOf(tag);
      if (term && parseTerm(term.value) <= before)
        fail('S4', `${tag}, owned in term ${before}, comes to ${hierarchy}: ${term.value}`);
    }
    checkOnePlace(hierarchy, 'configured');
  }

  /** Until when all other servers have promised this one to take nothing. */
  function promisedUntil(server: string): TrueMs {
    if (!options.hasPromises) return Number.NEGATIVE_INFINITY;
    const prefix = keys.server('');
    const others = etcd()
      .read(prefix)
      .entries.map(({ key }) => key.slice(prefix.length))
      .filter((name) => name !== server);
    return Math.min(
      ...others.map((name) => {
        // One that has joined and has not been started takes nothing at first when it is.
        const toAll = promises.get(name) ?? Number.POSITIVE_INFINITY;
        return Math.max(toAll, promises.get(`${server} ${name}`) ?? Number.NEGATIVE_INFINITY);
      }),
    );
  }

  /** Fails now if no promises stand, else looks again when they end: what runs beyond a lease runs under promises. */
  function failUnlessPromised(server: string, violated: () => string | undefined): void {
    const text = violated();
    if (text === undefined) return;
    const leftMs = promisedUntil(server) - options.now();
    if (leftMs > 0) options.after(leftMs + 0.01, () => failUnlessPromised(server, violated));
    else fail('S3', text);
  }

  function onLeaseEnd(lease: string): void {
    const server = holders.get(lease);
    if (server === undefined) return;
    const underLease = activeOn(server, (hierarchy) => ownerOf(hierarchy)?.lease === lease);
    const endedAt = options.now();
    // A new leader of the store may have given the lease its full time again, or it runs under the next one.
    const isHeld = (hierarchy: string): boolean =>
      options.now() > endedAt && etcd().isAlive(ownerOf(hierarchy)?.lease ?? '');
    failUnlessPromised(server, () => {
      const tags = activeOn(server, (hierarchy) => !isHeld(hierarchy)).filter((tag) =>
        underLease.includes(tag),
      );
      return tags.length > 0
        ? `lease ${lease} of ${server} is over while ${tags.join(', ')} runs there`
        : undefined;
    });
  }

  function onLeaseTimeOver(server: string, lease: string, isRenewed?: () => boolean): void {
    const violated = (): string | undefined => {
      const tags = isRenewed?.() === true ? [] : activeOn(server, () => true);
      return tags.length > 0
        ? `the time of lease ${lease} of ${server} has passed while ${tags.join(', ')} runs there`
        : undefined;
    };
    if (isRenewed) return failUnlessPromised(server, violated);
    const text = violated();
    if (text !== undefined) fail('S3', text);
  }

  return {
    onThing,
    onLeaseTimeOver,
    onPromise: (promiser, to, until) =>
      promises.set(to === undefined ? promiser : `${to} ${promiser}`, until),
    onStart,
    onStop,
    onStoreChange,
    onLeaseEnd,
    onLeaseHeld: (server, lease) => holders.set(lease, server),
    fail,
    violation: () => violation,
    lastMove: () => lastMove,
    activeServers,
    serversOf,
  };
}

function parseOwner(value: string): { readonly server: string; readonly term: number } {
  const parsed: unknown = JSON.parse(value);
  if (typeof parsed !== 'object' || parsed === null || !('server' in parsed) || !('term' in parsed))
    throw new Error(`no owner record: ${value}`);
  return { server: String(parsed.server), term: Number(parsed.term) };
}

function parseTerm(value: string): number {
  const parsed: unknown = JSON.parse(value);
  if (typeof parsed !== 'object' || parsed === null || !('term' in parsed))
    throw new Error(`no term record: ${value}`);
  return Number(parsed.term);
}
