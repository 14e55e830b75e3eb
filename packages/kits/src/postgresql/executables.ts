import type { Host } from '../host.ts';

const versionTimeoutMs = 5_000;
const pathLimit = 64;

// A program's major version does not change under its path while this process lives, but for an upgrade in place:
// then PostgreSQL itself refuses to start, and the cache is emptied.
const majorVersions = new Map<string, number>();

/** `postgres --version`, asked once for each path. `undefined` when the program is not there or says something else. */
export async function readMajorVersion(host: Host, executable: string): Promise<number | undefined> {
  const known = majorVersions.get(executable);
  if (known !== undefined) return known;
  try {
    const answer = await host.processes.run(executable, ['--version'], { timeoutMs: versionTimeoutMs });
    const major = answer.code === 0 ? parseMajorVersion(answer.stdout) : undefined;
    if (majorVersions.size >= pathLimit) majorVersions.clear();
    if (major !== undefined) majorVersions.set(executable, major);
    return major;
  } catch {
    return undefined;
  }
}

/** The whole version, `18.4`, asked anew: packages change it under its path. `undefined` like {@link readMajorVersion}. */
export async function readVersion(host: Host, executable: string): Promise<string | undefined> {
  const answer = await host.processes
    .run(executable, ['--version'], { timeoutMs: versionTimeoutMs })
    .catch(() => undefined);
  return answer?.code === 0
    ? parseServerVersion(/\(PostgreSQL\) (\S+)/.exec(answer.stdout)?.[1] ?? '')
    : undefined;
}

/** `18.4`, `15.20 (Debian 15.20-1)`, `19beta1`: the version without its package. */
export function parseServerVersion(text: string): string | undefined {
  return /^\d+(?:\.\d+|[a-z]+\d+)?/.exec(text)?.[0];
}

export function forgetMajorVersions(): void {
  majorVersions.clear();
}

/** `postgres (PostgreSQL) 18.4`, `postgres (PostgreSQL) 19beta1`, `postgres (PostgreSQL) 15.20 (Debian …)`. */
export function parseMajorVersion(text: string): number | undefined {
  const found = /\(PostgreSQL\) (\d{2})(?!\d)/.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** The major version of a data directory; `undefined` when it is none. */
export async function readDataVersion(host: Host, dataDirectory: string): Promise<number | undefined> {
  const text = (await host.files.read(`${dataDirectory}/PG_VERSION`))?.trim() ?? '';
  return /^\d{2}$/.test(text) ? Number(text) : undefined;
}
