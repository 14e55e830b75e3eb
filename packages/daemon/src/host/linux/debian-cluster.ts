/** A PostgreSQL database cluster as Debian's packages name it. */
export interface DebianCluster {
  /** Says whether the boot starts it: a generator of Debian's reads it, and `systemctl disable` changes nothing. */
  readonly startFile: string;
}

/** `postgresql@15-main` is the cluster `main` of version 15 (Debian, postgresql-common, postgresql@.service). */
export function parseDebianCluster(unit: string): DebianCluster | undefined {
  const [, version, cluster] = /^postgresql@(\d[\d.]*)-([A-Za-z0-9_.-]+)\.service$/.exec(unit) ?? [];
  if (version === undefined || cluster === undefined || cluster.startsWith('.')) return undefined;
  return { startFile: `/etc/postgresql/${version}/${cluster}/start.conf` };
}

/** The same text with its one word changed (pg_createcluster(1)); comments stay. */
export function formatStartFile(text: string, mode: 'auto' | 'manual'): string {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => /^\s*(auto|manual|disabled)\s*$/.test(line));
  return at < 0 ? `${text}${mode}\n` : lines.with(at, mode).join('\n');
}
