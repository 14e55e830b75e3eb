import { parseArgs } from 'node:util';
import { profiles, type ProfileName } from '@holdfast/core';
import type { LabMode } from '@holdfast/lab';

export const usage = `usage: npm run bench:failover -- [options]
  --runs N         how often each is measured (10)
  --profile LIST   timing profiles, with commas (fast,fastest)
  --only LIST      powerloss, switchover, crash, idle, with commas (all)
  --mode MODE      namespaces (default as root) or loopback
  --out FILE       write the JSON there too
`;

const measures = ['powerloss', 'switchover', 'crash', 'idle'] as const;
export type Measure = (typeof measures)[number];

export interface BenchOptions {
  readonly runs: number;
  readonly profiles: readonly ProfileName[];
  readonly only: readonly Measure[];
  readonly mode: LabMode | undefined;
  readonly out: string | undefined;
}

/** Reads the command line. Throws TypeError with what is wrong. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '10' },
      profile: { type: 'string', default: 'fast,fastest' },
      only: { type: 'string', default: measures.join(',') },
      mode: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1 || runs > 100)
    throw new TypeError(`--runs is a whole number from 1 to 100, not ${values.runs}`);
  const { mode } = values;
  if (mode !== undefined && mode !== 'namespaces' && mode !== 'loopback')
    throw new TypeError(`there is no mode ${mode}`);
  return {
    runs,
    profiles: pick(
      values.profile,
      Object.values(profiles).map(({ name }) => name),
      'profile',
    ),
    only: pick(values.only, measures, 'measure'),
    mode,
    out: values.out,
  };
}

function pick<T extends string>(list: string, known: readonly T[], what: string): readonly T[] {
  return list.split(',').map((word) => {
    const found = known.find((name) => name === word.trim());
    if (found === undefined) throw new TypeError(`there is no ${what} ${word}`);
    return found;
  });
}
