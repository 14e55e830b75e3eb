import { readFileSync } from 'node:fs';
import type { InstantMs, Reason } from '@holdfast/core';
import { monotonicNow } from '../etcd/clock.ts';
import { createGateway, type Gateway, type TlsMaterial } from '../etcd/gateway.ts';
import { splitPair } from '../pki/pair.ts';
import type { EtcdAccess } from './config.ts';

export interface LeaseAnswer {
  readonly lease: string;
  /** Before the first request left: the lease lives at least until `sentAt + ttlMs`. */
  readonly sentAt: InstantMs;
  /** 0: etcd does not know the lease any more. */
  readonly ttlMs: number;
}

export interface LeaseCall {
  readonly timeoutMs: number;
}

/** What the guard needs of etcd. Every call rejects when it got no answer that counts within its deadline. */
export interface LeaseClient {
  grant(ttlMs: number, call: LeaseCall): Promise<LeaseAnswer>;
  renew(lease: string, call: LeaseCall): Promise<LeaseAnswer>;
  /** A lease that is not there is a success. */
  revoke(lease: string, call: LeaseCall): Promise<void>;
  setAccess(access: EtcdAccess): void;
  close(): void;
}

/**
 * The lease over etcd's gateway. Reads the certificate files at once and throws if one cannot be read.
 *
 * A leader that was deposed without knowing it, for example because its disk hangs, goes on answering renewals
 * (etcd issue 15247). So each renewal begins with a read that a quorum must answer, and counts from when that was
 * sent: a leader that came after the read has prolonged every lease to its full time when it took office, and an
 * answer from before the read is known by its older term and thrown away by the gateway.
 */
export function createLeaseClient(
  cluster: string,
  access: EtcdAccess,
  report: (reason: Reason) => void,
): LeaseClient {
  const proofKey = `/holdfast/v1/${cluster}/config/revision`;
  let current = access;
  const gateway = openGateway(access, report);

  return {
    async grant(ttlMs, call) {
      return await gateway.leaseGrant(ttlMs, call);
    },
    async renew(lease, { timeoutMs }) {
      const sentAt = monotonicNow();
      await gateway.range({ key: proofKey, prefix: false, keysOnly: true }, { timeoutMs });
      const leftMs = Math.max(1, timeoutMs - (monotonicNow() - sentAt));
      const answer = await gateway.leaseKeepAlive(lease, { timeoutMs: leftMs });
      return { lease, sentAt, ttlMs: answer.state === 'renewed' ? answer.ttlMs : 0 };
    },
    async revoke(lease, call) {
      await gateway.leaseRevoke(lease, call);
    },
    setAccess(next) {
      if (next.tls && JSON.stringify(next.tls) !== JSON.stringify(current.tls))
        gateway.setTls(readMaterial(next.tls));
      gateway.setEndpoints(next.endpoints);
      current = next;
    },
    close: () => gateway.close(),
  };
}

/** Each call brings its own deadline; this one is never reached. */
const gatewayTimeoutMs = 5_000;
const maxAnswerBytes = 64 * 1024;

function openGateway(access: EtcdAccess, report: (reason: Reason) => void): Gateway {
  const { endpoints, tls } = access;
  const material = tls && readMaterial(tls);
  return createGateway({
    endpoints,
    ...(material && { tls: material }),
    callTimeoutMs: gatewayTimeoutMs,
    maxAnswerBytes,
    report,
  });
}

function readMaterial({ caFile, pairFile }: NonNullable<EtcdAccess['tls']>): TlsMaterial {
  const { certificate: cert, key } = splitPair(readFileSync(pairFile, 'utf8'));
  return { ca: readFileSync(caFile, 'utf8'), cert, key };
}
