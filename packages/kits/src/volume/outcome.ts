import { because, type Reason } from '@holdfast/core';
import type { ActionResult } from '@holdfast/engine/ports';
import { HostError } from '../host.ts';

/** Causes that are in the data and would follow it to any server. */
const dataCodes: readonly string[] = [
  'mount-bad-file-system',
  'volume-full',
  'volume-damaged',
  'volume-record-damaged',
  'volume-of-another-cluster',
  'volume-of-another-hierarchy',
];

export function failed(reason: Reason): ActionResult {
  return { state: 'failed', scope: dataCodes.includes(reason.code) ? 'data' : 'server', reason };
}

/** What a file or disk call's own words mean for a volume. */
const problems: readonly (readonly [RegExp, string])[] = [
  [/ENOSPC|EDQUOT|No space left|quota exceeded/, 'volume-full'],
  [/EUCLEAN|Structure needs cleaning/, 'volume-damaged'],
  [/EROFS|Read-only file system/, 'volume-read-only'],
  [/EIO|ENODEV|ENXIO|ESHUTDOWN|Input\/output error|No such device/, 'volume-io-error'],
];

/** The reason that an error of the host is here. An error that is none of the host's is a bug, and goes on. */
export function reasonOf(error: unknown, root: string): Reason {
  if (!(error instanceof HostError)) throw error;
  const { code, facts } = error.reason;
  if (code !== 'file-failed' && code !== 'disk-failed') return error.reason;
  const words = String(facts['problem'] ?? facts['detail'] ?? '');
  const known = problems.find(([pattern]) => pattern.test(words))?.[1];
  return because(known ?? 'volume-failed', { ...facts, volume: root });
}

/**
 * Runs an action and turns what the host could not do into its result. An aborted action says nothing of the volume:
 * what it had begun may still be there.
 */
export async function settled(
  action: { readonly root: string; readonly signal: AbortSignal },
  act: () => Promise<ActionResult>,
): Promise<ActionResult> {
  try {
    return await act();
  } catch (error) {
    if (action.signal.aborted && !(error instanceof HostError)) {
      return { state: 'unknown', reason: because('aborted', { volume: action.root }) };
    }
    return failed(reasonOf(error, action.root));
  }
}
