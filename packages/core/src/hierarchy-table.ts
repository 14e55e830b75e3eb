/** What the choice of a course depends on: small closed sets, so that a test can try every combination. */
export interface HierarchyFacts {
  readonly lease: 'good' | 'not-good';
  readonly store: 'known' | 'unknown';
  /** May this server run the hierarchy at all, by the configuration? */
  readonly extended: 'here' | 'not-here';
  readonly owner: 'me' | 'other' | 'none';
  readonly desired: 'in-service' | 'out-of-service';
  /** Where a move that is under way leads. `unable`: that server cannot take it. */
  readonly target: 'none' | 'me' | 'able' | 'unable';
  readonly activity: 'stopped' | 'active' | 'unknown';
  /** Has this server given up in this term, and would the cause follow the data? */
  readonly health: 'fine' | 'given-up' | 'data-at-fault';
  readonly takeover: 'now' | 'later' | 'no';
}

export type Course =
  /** Touch nothing. */
  | 'leave'
  /** Look first: nothing is decided from ignorance. */
  | 'look'
  | 'stop'
  | 'stand-by'
  | 'wait'
  | 'acquire'
  | 'release'
  | 'hand-over'
  | 'refuse-target'
  | 'rest'
  | 'move-away'
  | 'run';

export interface Row {
  readonly number: number;
  readonly name: string;
  readonly when: Partial<{ readonly [K in keyof HierarchyFacts]: readonly HierarchyFacts[K][] }>;
  readonly then: Course;
}

/**
 * What a server does for one hierarchy. The first row whose conditions all hold is taken.
 *
 * Rows 1 to 3 come before everything else: without a good lease nothing may run (S2, S3), whatever is wished.
 * Ownership is the store's word; rows 5 to 7 and 9 stop what runs without it (S1).
 */
export const hierarchyTable: readonly Row[] = [
  // Without a good lease: stop what runs; the guard does the same on its own.
  row(1, 'lease-not-good', { lease: ['not-good'], activity: ['active'] }, 'stop'),
  row(2, 'lease-not-good-look', { lease: ['not-good'], activity: ['unknown'] }, 'look'),
  row(3, 'no-lease', { lease: ['not-good'] }, 'stand-by'),
  // Old knowledge is not acted on; what runs under a good lease goes on running (S5).
  row(4, 'store-unknown', { store: ['unknown'] }, 'leave'),
  // What is not configured for this server is not ours to touch (K-13); any server may note that an operation is done.
  row(5, 'not-extended-here', { extended: ['not-here'] }, 'stand-by'),
  // Somebody else's.
  row(6, 'owned-elsewhere', { owner: ['other'], activity: ['active'] }, 'stop'),
  row(7, 'owned-elsewhere-look', { owner: ['other'], activity: ['unknown'] }, 'look'),
  row(8, 'standing-by', { owner: ['other'] }, 'stand-by'),
  // Nobody's: stop leftovers before anything else, then perhaps take it.
  row(9, 'not-owned', { owner: ['none'], activity: ['active'] }, 'stop'),
  row(10, 'not-owned-look', { owner: ['none'], activity: ['unknown'] }, 'look'),
  row(11, 'out-of-service', { owner: ['none'], desired: ['out-of-service'] }, 'stand-by'),
  row(12, 'take-over', { owner: ['none'], takeover: ['now'] }, 'acquire'),
  row(13, 'wait-for-preferred', { owner: ['none'], takeover: ['later'] }, 'wait'),
  row(14, 'not-eligible', { owner: ['none'] }, 'stand-by'),
  // Mine: what the operator asked for comes first (S6) …
  row(15, 'going-out-of-service', { desired: ['out-of-service'], activity: ['active', 'unknown'] }, 'stop'),
  row(16, 'release', { desired: ['out-of-service'] }, 'release'),
  row(17, 'moving', { target: ['able'], activity: ['active', 'unknown'] }, 'stop'),
  row(18, 'hand-over', { target: ['able'] }, 'hand-over'),
  row(19, 'target-unable', { target: ['unable'] }, 'refuse-target'),
  // … then failures …
  row(20, 'data-at-fault', { health: ['data-at-fault'] }, 'rest'),
  row(21, 'giving-up', { health: ['given-up'], activity: ['active', 'unknown'] }, 'stop'),
  row(22, 'move-away', { health: ['given-up'] }, 'move-away'),
  // … then running it.
  row(23, 'in-service', {}, 'run'),
];

function row(number: number, name: string, when: Row['when'], then: Course): Row {
  return { number, name, when, then };
}

/** Takes the first row that fits; the last one fits always. */
export function chooseRow(facts: HierarchyFacts): Row {
  const fits = (candidate: Row): boolean => {
    const { lease, store, extended, owner, desired, target, activity, health, takeover } = candidate.when;
    return (
      (lease?.includes(facts.lease) ?? true) &&
      (store?.includes(facts.store) ?? true) &&
      (extended?.includes(facts.extended) ?? true) &&
      (owner?.includes(facts.owner) ?? true) &&
      (desired?.includes(facts.desired) ?? true) &&
      (target?.includes(facts.target) ?? true) &&
      (activity?.includes(facts.activity) ?? true) &&
      (health?.includes(facts.health) ?? true) &&
      (takeover?.includes(facts.takeover) ?? true)
    );
  };
  const found = hierarchyTable.find(fits);
  if (!found) throw new Error('the last row of the hierarchy table does not fit everything');
  return found;
}
