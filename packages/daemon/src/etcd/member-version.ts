import { runProgram } from '../host/linux/program.ts';
import { createError } from '@holdfast/contract';

export type EtcdVersion = readonly [major: number, minor: number, patch: number];

const versionTimeoutMs = 10_000;

/** Parses `3.4.23` as it stands in `etcd --version` and in a member's status; undefined for anything else. */
export function parseEtcdVersion(text: string): EtcdVersion | undefined {
  const found = /(\d+)\.(\d+)\.(\d+)/.exec(text);
  return found ? [Number(found[1]), Number(found[2]), Number(found[3])] : undefined;
}

/**
 * Has this version the fault that a leader whose disk hangs goes on renewing and revoking leases (etcd issues
 * 15247 and 12528, mended in 3.4.31 and 3.5.13)? Such a version is used, with a warning (HF-STORE-013).
 */
export function hasLeaseFaults([major, minor, patch]: EtcdVersion): boolean {
  if (major !== 3) return major < 3;
  if (minor === 4) return patch < 31;
  return minor < 4 || (minor === 5 && patch < 13);
}

/** Asks the program for its version. Throws HF-STORE-010 when it is not there or does not run. */
export async function readEtcdVersion(binary: string): Promise<EtcdVersion> {
  try {
    const { stdout } = await runProgram(binary, ['--version'], { timeoutMs: versionTimeoutMs });
    const version = parseEtcdVersion(/^etcd Version: .*$/m.exec(stdout)?.[0] ?? '');
    if (version) return version;
  } catch (cause) {
    throw createError('HF-STORE-010', { searched: binary }, { cause });
  }
  throw createError('HF-STORE-010', { searched: `${binary} (it does not run)` });
}
