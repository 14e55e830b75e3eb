import { createError, revocationRecord, type Keys } from '@holdfast/contract';
import type { ServerName, WallTime } from '@holdfast/core';
import { revokeCertificates } from '@holdfast/engine';
import type { Store } from '@holdfast/engine/ports';
import { parseRecord, putRecord, raiseRevision, readMembership } from '../cluster/records.ts';
import { toClientTls } from '../etcd/client-tls.ts';
import type { TlsMaterial } from '../etcd/gateway.ts';
import type { OwnPairs } from '../pki/files.ts';
import { describeIssued, inspectCertificate } from '../pki/inspect.ts';
import type { Identity } from './identity.ts';
import type { IssueAnswer, IssueRequest } from './issue.ts';

export interface RenewalDeps {
  readonly server: ServerName;
  readonly store: Store;
  readonly keys: Keys;
  readonly identity: Identity;
  /** Has certificates issued, here or by a member that holds the authority's key. */
  issue(request: IssueRequest): Promise<IssueAnswer>;
  /** Rejects when etcd does not answer somebody who shows this. */
  tryAtEtcd(tls: TlsMaterial): Promise<void>;
}

/** The certificates of this server, one step at a time: whatever ends a step, the next one takes up from what is there. */
export interface Renewal {
  /** Gives this server new certificates. Answers until when they are valid; the old ones are good until `settle`. */
  renew(): Promise<WallTime>;
  /**
   * Makes the record name the certificates that this server has, and revokes what else it names: after a renewal, and at each
   * start, because the one before may have ended half-way.
   */
  settle(): Promise<void>;
  /** Takes revocations off the record that say nothing more: their certificates have expired. */
  forgetExpired(): Promise<void>;
}

const attempts = 5;

export function createRenewal(deps: RenewalDeps): Renewal {
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(step: () => Promise<T>): Promise<T> => {
    const result = turn.then(step);
    turn = result.catch(() => undefined);
    return result;
  };
  return {
    renew: () => inTurn(() => renew(deps)),
    settle: () => inTurn(() => settle(deps)),
    forgetExpired: () => forgetExpired(deps),
  };
}

/**
 * New keys, new certificates. They are on the record before this server has them; etcd has answered them before any file
 * changes; and the old ones are revoked only when everything here shows the new ones, the guard above all. So there is no moment
 * at which the lease could not be renewed.
 */
async function renew(deps: RenewalDeps): Promise<WallTime> {
  const { server, identity } = deps;
  const { createRequest } = await import('../pki/authority.ts');
  const [forServer, forEtcd] = [await createRequest(), await createRequest()];
  const pki = identity.current();
  const issued = await deps.issue({
    serverRequest: forServer.request,
    etcdClientRequest: forEtcd.request,
    inUse: describeIssued(pki).map(({ serial }) => serial),
  });
  const own: OwnPairs = { ...issued, serverKey: forServer.key, etcdClientKey: forEtcd.key };
  try {
    await deps.tryAtEtcd(toClientTls({ ...pki, ...own }));
    await identity.replace(own);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw createError('HF-CLUSTER-061', { server, problem }, { cause });
  }
  return inspectCertificate(issued.serverCertificate).notAfter;
}

async function settle({ server, store, keys, identity }: RenewalDeps): Promise<void> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const membership = await readMembership(store, keys);
    const record = membership.servers.find(({ name }) => name === server);
    // Not registered yet, or removed: nothing is on record.
    if (!record) return;
    const own = describeIssued(identity.current());
    // Another machine has taken this one's place: the record is that one's.
    if (own.some(({ serial }) => membership.seen(keys.revoked(serial)).is !== 'absent')) return;
    const has = new Set(own.map(({ serial }) => serial));
    const others = record.certificates.filter(({ serial }) => !has.has(serial));
    if (others.length === 0 && record.certificates.length === own.length) return;
    await identity.takeUp();
    const isCommitted = await store.commit({
      compare: [membership.seen(keys.revision), membership.seen(keys.server(server))],
      write: [
        raiseRevision(keys, membership),
        putRecord(keys.server(server), { ...record, certificates: own }),
        ...revokeCertificates(keys, { name: server, certificates: others }),
      ],
    });
    if (isCommitted) return;
  }
  throw createError('HF-STORE-006', { attempts });
}

/** The longest that two servers' clocks may differ here: a certificate that one takes for expired counts for the other. */
const clockSkewMs = 86_400_000;
/** More are left to the next day: etcd takes 128 operations in a transaction by default. */
const forgottenAtOnce = 100;

async function forgetExpired({ store, keys }: RenewalDeps): Promise<void> {
  const { entries } = await store.read(keys.revoked(''));
  const expired = entries.filter((entry) => {
    const { notAfter } = parseRecord(revocationRecord, entry);
    return Date.parse(notAfter) < Date.now() - clockSkewMs;
  });
  if (expired.length === 0) return;
  const write = expired.slice(0, forgottenAtOnce).map(({ key }) => ({ delete: key }));
  await store.commit({ compare: [], write });
}

/** Has less than a third of its life left, or none. */
export function isDue(pem: string, now: Date): boolean {
  const { notBefore, notAfter, remainingMs } = inspectCertificate(pem, now);
  return remainingMs < (Date.parse(notAfter) - Date.parse(notBefore)) / 3;
}
