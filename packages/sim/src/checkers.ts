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
  readonly etcd: () => Etcd;
  readonly keys: Keys;
  readonly machines: () => ReadonlyMap<string, Machine>;
  readonly volumeTerm: (tag: string) => number | undefined;
  /** Rules that this class of schedules cannot keep, and says so by its name. */
  readonly excluded: ReadonlySet<Rule>;
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
  /** By its keeper's own count the lease's time has passed without another renewal. */
  onLeaseTimeOver(server: string, lease: string): void;
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

  function onLeaseEnd(lease: string): void {
    const server = holders.get(lease);
    if (server === undefined) return;
    const tags = activeOn(server, (hierarchy) => ownerOf(hierarchy)?.lease === lease);
    if (tags.length > 0)
      fail('S3', `lease ${lease} of ${server} is over while ${tags.join(', ')} runs there`);
  }

  function onLeaseTimeOver(server: string, lease: string): void {
    const tags = activeOn(server, () => true);
    if (tags.length > 0)
      fail('S3', `the time of lease ${lease} of ${server} has passed while ${tags.join(', ')} runs there`);
  }

  return {
    onThing,
    onLeaseTimeOver,
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
