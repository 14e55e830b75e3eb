import { isIP, isIPv6 } from 'node:net';
import { recordFormat } from '@holdfast/contract';
import type { PathRecord, ServerRecord } from './records.ts';

/** C-02: what a path has unless somebody changes it. */
const pathDefaults = { intervalMs: 1_000, misses: 5 } as const;

type End = Pick<ServerRecord, 'name' | 'addresses'>;

/**
 * The paths that two servers have when the second of them joins: one for each network that they have in common
 * (C-02). The first is preferred. Ends, names and order are those of the server whose name sorts first.
 */
export function defaultPaths(one: End, other: End): readonly PathRecord[] {
  const [first, second] = one.name < other.name ? [one, other] : [other, one];
  return pairAddresses(first.addresses, second.addresses).map(([mine, theirs], index) => ({
    formatVersion: recordFormat,
    id: `${first.name}.${second.name}.${index + 1}`,
    ends: [
      { server: first.name, address: mine },
      { server: second.name, address: theirs },
    ],
    priority: index + 1,
    ...pathDefaults,
  }));
}

/**
 * Which addresses of two servers belong together: always the two that agree in most leading bits, each address
 * once. Two addresses of one network agree in more bits than two of different networks, whatever the networks'
 * sizes are, so nobody has to know those; where networks are only joined by routers, the order decides. Never
 * empty: without a pair of one family the first addresses are taken, and the path shows that it is dead.
 */
export function pairAddresses(
  one: readonly string[],
  other: readonly string[],
): readonly (readonly [string, string])[] {
  const candidates = one.flatMap((mine, i) =>
    other.flatMap((theirs, j) =>
      isIP(mine) === isIP(theirs) ? [{ mine, theirs, i, j, agree: leadingBits(mine, theirs) }] : [],
    ),
  );
  candidates.sort((a, b) => b.agree - a.agree || a.i - b.i || a.j - b.j);
  const pairs = new Map<number, readonly [string, string]>();
  const taken = new Set<string>();
  for (const { mine, theirs, i } of candidates) {
    if (pairs.has(i) || taken.has(theirs)) continue;
    pairs.set(i, [mine, theirs]);
    taken.add(theirs);
  }
  if (pairs.size === 0) return [[one[0] ?? '', other[0] ?? '']];
  return [...pairs].sort(([a], [b]) => a - b).map(([, pair]) => pair);
}

function leadingBits(one: string, other: string): number {
  const [a, b] = [bitsOf(one), bitsOf(other)];
  let count = 0;
  while (count < a.length && a[count] === b[count]) count += 1;
  return count;
}

/** The address as a text of zeros and ones. IPv6 in its canonical spelling, which has groups of hexadecimal digits only. */
function bitsOf(address: string): string {
  if (!isIPv6(address)) return toBits(address.split('.').map(Number), 8);
  const [head = '', tail] = address.split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return toBits([...before, ...zeros, ...after], 16);
}

function toBits(parts: readonly number[], width: number): string {
  return parts.map((part) => part.toString(2).padStart(width, '0')).join('');
}
