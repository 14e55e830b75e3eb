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
  /** Has this server given up in this term, and would the cause follow the data? `leaving`: it is being shut down. */
  readonly health: 'fine' | 'given-up' | 'data-at-fault' | 'leaving';
  /** `unconfirmed`: an operator must agree first; `used-up`: it has moved too often. */
  readonly takeover: 'now' | 'later' | 'unconfirmed' | 'used-up' | 'no';
  /** Is it only watched? */
  readonly maintenance: 'on' | 'off';
  /** What failed here: may it leave this server by itself? */
  readonly failover: 'free' | 'blocked' | 'used-up';
  /** Is it time to return to a more preferred server (H-05)? */
  readonly switchback: 'due' | 'none';
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
  /** The server is shut down: somebody else's from now on, or nobody's, or kept by it (C-07). */
  | 'leave-behind'
  | 'switch-back'
  /** Maintenance: look at what is there, and touch nothing. */
  | 'watch'
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
 * Ownership is the store's word; rows 5 to 7 and 9 stop what runs without it (S1), in maintenance too.
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
  row(12, 'nobody-takes-in-maintenance', { owner: ['none'], maintenance: ['on'] }, 'stand-by'),
  row(13, 'waiting-for-confirmation', { owner: ['none'], takeover: ['unconfirmed'] }, 'stand-by'),
  row(14, 'failovers-used-up', { owner: ['none'], takeover: ['used-up'] }, 'wait'),
  row(15, 'take-over', { owner: ['none'], takeover: ['now'] }, 'acquire'),
  row(16, 'wait-for-preferred', { owner: ['none'], takeover: ['later'] }, 'wait'),
  row(17, 'not-eligible', { owner: ['none'] }, 'stand-by'),
  // Mine, and in maintenance: whatever is wished or has failed waits for its end …
  row(18, 'in-maintenance', { maintenance: ['on'] }, 'watch'),
  // … else what the operator asked for comes first (S6) …
  row(19, 'going-out-of-service', { desired: ['out-of-service'], activity: ['active', 'unknown'] }, 'stop'),
  row(20, 'release', { desired: ['out-of-service'] }, 'release'),
  row(21, 'moving', { target: ['able'], activity: ['active', 'unknown'] }, 'stop'),
  row(22, 'hand-over', { target: ['able'] }, 'hand-over'),
  // … then the end of this server (C-07), which no move may delay …
  row(23, 'leaving', { health: ['leaving'], activity: ['active', 'unknown'] }, 'stop'),
  row(24, 'leave-behind', { health: ['leaving'] }, 'leave-behind'),
  row(25, 'target-unable', { target: ['unable'] }, 'refuse-target'),
  // … then failures …
  row(26, 'data-at-fault', { health: ['data-at-fault'] }, 'rest'),
  row(27, 'failover-blocked-here', { health: ['given-up'], failover: ['blocked'] }, 'rest'),
  row(28, 'failovers-used-up-here', { health: ['given-up'], failover: ['used-up'] }, 'rest'),
  row(29, 'giving-up', { health: ['given-up'], activity: ['active', 'unknown'] }, 'stop'),
  row(30, 'move-away', { health: ['given-up'] }, 'move-away'),
  // … then running it, here or where it should rather be.
  row(31, 'switchback-due', { switchback: ['due'] }, 'switch-back'),
  row(32, 'in-service', {}, 'run'),
];

function row(number: number, name: string, when: Row['when'], then: Course): Row {
  return { number, name, when, then };
}

/** Takes the first row that fits; the last one fits always. */
export function chooseRow(facts: HierarchyFacts): Row {
  const found = hierarchyTable.find(({ when }) => fits(when, facts));
  if (!found) throw new Error('the last row of the hierarchy table does not fit everything');
  return found;
}

function fits(when: Row['when'], facts: HierarchyFacts): boolean {
  return (
    (when.lease?.includes(facts.lease) ?? true) &&
    (when.store?.includes(facts.store) ?? true) &&
    (when.extended?.includes(facts.extended) ?? true) &&
    (when.owner?.includes(facts.owner) ?? true) &&
    (when.desired?.includes(facts.desired) ?? true) &&
    (when.target?.includes(facts.target) ?? true) &&
    (when.activity?.includes(facts.activity) ?? true) &&
    (when.health?.includes(facts.health) ?? true) &&
    (when.takeover?.includes(facts.takeover) ?? true) &&
    (when.maintenance?.includes(facts.maintenance) ?? true) &&
    (when.failover?.includes(facts.failover) ?? true) &&
    (when.switchback?.includes(facts.switchback) ?? true)
  );
}
