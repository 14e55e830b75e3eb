import type { Reason } from '@holdfast/core';
import { failedFinding, passedFinding, warnedFinding, type Finding } from '@holdfast/kits';
import type { Server, WallTime } from '@holdfast/core';
import { doubtCertificates } from '../api/certificates.ts';
import { hasLeaseFaults, parseEtcdVersion } from '../etcd/member-version.ts';

const megabyte = 1024 * 1024;
/** Certificates of the last year would end with the authority, and it takes every server to get another one. */
const authorityWarningMs = 365 * 86_400_000;

/** A resource that may come to this server, and what its start takes there; `undefined` where nobody told. */
export interface Demand {
  readonly tag: string;
  readonly memoryBytes: number | undefined;
}

/** Is memory left for everything that could come here at once? */
export function judgeMemory(
  demands: readonly Demand[],
  memory: { readonly totalBytes: number; readonly availableBytes: number },
): Finding {
  const unknown = demands.filter(({ memoryBytes }) => memoryBytes === undefined);
  const neededBytes = demands.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0);
  const facts = {
    neededMb: Math.ceil(neededBytes / megabyte),
    availableMb: Math.floor(memory.availableBytes / megabyte),
    totalMb: Math.floor(memory.totalBytes / megabyte),
    tags: demands.map(({ tag }) => tag).join(', '),
  };
  if (neededBytes > memory.totalBytes) return failedFinding('memory', 'memory-too-small', facts);
  if (neededBytes > memory.availableBytes) return warnedFinding('memory', 'memory-short', facts);
  if (unknown.length > 0)
    return warnedFinding('memory', 'memory-unknown', { tags: unknown.map(({ tag }) => tag).join(', ') });
  return passedFinding('memory', facts);
}

/** Versions as the members tell them: below 3.4.31, and 3.5.0 to 3.5.12, have known faults of leases. */
export function judgeEtcdVersions(versions: readonly string[]): Finding {
  const faulty = versions.find((text) => {
    const version = parseEtcdVersion(text);
    return version === undefined || hasLeaseFaults(version);
  });
  if (versions.length === 0) return warnedFinding('etcd-version', 'etcd-version-unknown');
  return faulty === undefined
    ? passedFinding('etcd-version', { versions: [...new Set(versions)].join(', ') })
    : warnedFinding('etcd-version', 'etcd-version-faulty', { version: faulty });
}

/** `isThere`: whether the device of `server.json` is there. */
export function judgeWatchdog(watchdog: string | null, isThere: boolean): Finding {
  if (watchdog === null) return warnedFinding('watchdog', 'watchdog-none');
  return isThere
    ? passedFinding('watchdog', { watchdog })
    : failedFinding('watchdog', 'watchdog-missing', { watchdog });
}

/** What keeps a second server from a volume besides the lease and the record on it (C-13). */
export function judgeProtection(watchdog: string | null): Finding {
  return watchdog === null
    ? warnedFinding('volume-protection', 'volume-protected-by-lease-only')
    : passedFinding('volume-protection', { by: 'watchdog' });
}

/** Every server should run the same version: a newer one may write what an older one refuses. */
export function judgeVersions(version: string, others: readonly string[]): Finding {
  const different = [...new Set(others)].filter((one) => one !== version);
  return different.length === 0
    ? passedFinding('daemon-version', { version })
    : warnedFinding('daemon-version', 'daemon-versions-differ', { version, others: different.join(', ') });
}

/** Would what runs survive the loss of etcd's majority, and does it live by promises right now (C-08)? */
export function judgeFailsafe(isOn: boolean, now: Reason | undefined): Finding {
  if (!isOn) return warnedFinding('failsafe', 'failsafe-off');
  if (!now) return passedFinding('failsafe');
  const { code, facts } = now;
  return code === 'failsafe' ? warnedFinding('failsafe', code) : failedFinding('failsafe', code, facts);
}

/** `own`: the certificates that this server has on record; `authorityUntil`: when the first authority ends. */
export function judgeCertificates(own: Server | undefined, authorityUntil: WallTime, nowMs: number): Finding {
  if (!own || own.certificates.length === 0) return warnedFinding('certificates', 'certificates-unknown');
  const doubt = doubtCertificates(own, nowMs);
  if (doubt?.code === 'certificate-expired') return failedFinding('certificates', doubt.code, doubt.facts);
  if (doubt) return warnedFinding('certificates', doubt.code, doubt.facts);
  if (Date.parse(authorityUntil) - nowMs < authorityWarningMs)
    return warnedFinding('certificates', 'authority-ends-soon', { until: authorityUntil });
  const [until = ''] = own.certificates.map(({ notAfter }) => notAfter).toSorted();
  return passedFinding('certificates', { until });
}

/** Does every path live, and would every other server be reached without one of them (C-02)? */
export function judgePaths(paths: readonly { readonly peer: string; readonly state: string }[]): Finding {
  const dead = paths.filter(({ state }) => state !== 'alive').map(({ peer }) => peer);
  if (dead.length > 0)
    return warnedFinding('communication-paths', 'communication-paths-dead', {
      peers: [...new Set(dead)].join(', '),
    });
  const single = [...Map.groupBy(paths, ({ peer }) => peer)].filter(([, own]) => own.length === 1);
  return single.length === 0
    ? passedFinding('communication-paths', { paths: paths.length })
    : warnedFinding('communication-paths', 'path-not-redundant', {
        servers: single.map(([peer]) => peer).join(', '),
      });
}
