/** Random choices from a seed: the same seed gives the same choices, always and everywhere. */
export interface Random {
  /** Evenly in [0, 1). */
  unit(): number;
  /** A whole number, both ends included. */
  int(from: number, to: number): number;
  /** Evenly in [from, to). */
  between(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
  /** Another stream, so that more choices here do not change the choices there. */
  fork(): Random;
}

/** The generator `mulberry32`: 32 bits of state are plenty for some thousand choices. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  function unit(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
  const int = (from: number, to: number): number => from + Math.floor(unit() * (to - from + 1));
  return {
    unit,
    int,
    between: (from, to) => from + unit() * (to - from),
    chance: (probability) => unit() < probability,
    pick: <T>(choices: readonly T[]): T => {
      const chosen = choices[int(0, choices.length - 1)];
      if (chosen === undefined) throw new RangeError('nothing to choose from');
      return chosen;
    },
    fork: () => createRandom(Math.floor(unit() * 4_294_967_296)),
  };
}
