/** What is wrong with one machine, besides being dead or frozen. Faults set it, and take it back. */
export interface Conditions {
  /** Longest time of one access to a disk, milliseconds. */
  diskMs: number;
  /** Longest crash recovery of a database, milliseconds. */
  recoveryMs: number;
  /** By tag: a start fails, with a cause of this server or of the data, or does not end. */
  readonly start: Map<string, 'server' | 'data' | 'hangs' | 'hangs-for-good'>;
  /** By tag: a stop fails, does not end, or leaves half of it behind. */
  readonly stop: Map<string, 'fails' | 'hangs' | 'half'>;
  /** By tag: it cannot even be killed; a process that waits for a dead disk. */
  readonly unkillable: Set<string>;
  /** By tag: real use of it fails, with a cause of this server or of the data. */
  readonly deep: Map<string, 'server' | 'data'>;
  /** By tag: checks do not answer. */
  readonly mute: Set<string>;
}

export function createConditions(): Conditions {
  return {
    diskMs: 20,
    recoveryMs: 600,
    start: new Map(),
    stop: new Map(),
    unkillable: new Set(),
    deep: new Map(),
    mute: new Set(),
  };
}

/** Puts everything right again. */
export function heal(conditions: Conditions): void {
  const sound = createConditions();
  conditions.diskMs = sound.diskMs;
  conditions.recoveryMs = sound.recoveryMs;
  for (const broken of [
    conditions.start,
    conditions.stop,
    conditions.unkillable,
    conditions.deep,
    conditions.mute,
  ])
    broken.clear();
}
