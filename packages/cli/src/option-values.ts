import { InvalidArgumentError, Option } from 'commander';

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Reads a time with its unit (`500ms`, `15s`, `30m`, `2h`; `0`) as milliseconds. */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  const match = /^(\d{1,9})(ms|s|m|h)$/.exec(text);
  const factor = unitsMs[match?.[2] ?? ''];
  if (!match || factor === undefined)
    throw new InvalidArgumentError('a time is a number with its unit: 500ms, 15s, 30m, 2h');
  return Number(match[1]) * factor;
}

/** Reads a whole number within limits. */
export function parseWhole(limits: { readonly from: number; readonly to: number }): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= limits.from && value <= limits.to))
      throw new InvalidArgumentError(`a whole number from ${limits.from} to ${limits.to} is needed`);
    return value;
  };
}

/** Reads a point in time, ISO 8601 (`2026-01-31T22:00`; local time unless it ends in `Z` or an offset), as UTC. */
export function parseTime(text: string): string {
  const time = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/.test(text)
    ? new Date(text)
    : undefined;
  if (!time || Number.isNaN(time.getTime()))
    throw new InvalidArgumentError(
      'a time is written as 2026-01-31T22:00, 2026-01-31T22:00:05Z or 2026-01-31',
    );
  return time.toISOString();
}

/** Reads `on` or `off`. */
export function parseSwitch(text: string): boolean {
  if (text === 'on') return true;
  if (text === 'off') return false;
  throw new InvalidArgumentError('"on" or "off" is needed');
}

/** An option that may be given several times; its value is the list. */
export function createRepeatable(flags: string, description: string): Option {
  const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
  return new Option(flags, description).argParser(collect).default([], 'none');
}
