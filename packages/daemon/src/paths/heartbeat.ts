/**
 * What one end knows of a path (C-02). `unknown`: nothing has been heard yet, and not for long enough to call
 * it dead. `misses`: heartbeats in a row without an answer, at most the allowed number. `flaps`: how often it
 * died after it was alive.
 */
export interface Beat {
  readonly state: 'unknown' | 'alive' | 'dead';
  readonly misses: number;
  readonly flaps: number;
  readonly roundTripMs: number | undefined;
}

export const firstBeat: Beat = { state: 'unknown', misses: 0, flaps: 0, roundTripMs: undefined };

export function beatAfterAnswer(beat: Beat, roundTripMs: number): Beat {
  return { ...beat, state: 'alive', misses: 0, roundTripMs };
}

export function beatAfterMiss(beat: Beat, allowedMisses: number): Beat {
  const misses = Math.min(beat.misses + 1, allowedMisses);
  if (misses < allowedMisses) return { ...beat, misses };
  const flaps = beat.state === 'alive' ? beat.flaps + 1 : beat.flaps;
  return { state: 'dead', misses, flaps, roundTripMs: undefined };
}
