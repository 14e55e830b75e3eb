import type { Reason } from '@holdfast/core';
import * as calls from './calls.ts';
import type {
  LeaseGrant,
  LeaseRenewal,
  MemberAdded,
  MemberStatus,
  RangeAnswer,
  RangeRequest,
  TxnCompare,
  TxnWrite,
} from './calls.ts';
import type { EtcdMember } from './codec.ts';
import type { TlsMaterial } from './endpoint.ts';
import { LeaseNotFoundError } from './errors.ts';
import { createHeaderCheck } from './interpret.ts';
import { createRouter, type CallOptions } from './router.ts';
import { openWatch } from './watch.ts';

export type {
  LeaseGrant,
  LeaseRenewal,
  MemberAdded,
  MemberStatus,
  RangeAnswer,
  RangeRequest,
} from './calls.ts';
export type { TxnCompare, TxnWrite } from './calls.ts';
export type { AnswerHeader, EtcdMember, KeyValue } from './codec.ts';
export type { TlsMaterial } from './endpoint.ts';
export type { CallOptions } from './router.ts';

export interface GatewayOptions {
  /** Client addresses of members (`https://10.0.0.1:2379`), the nearest first. */
  readonly endpoints: readonly string[];
  readonly tls?: TlsMaterial;
  /** Deadline of one call, all endpoints together. */
  readonly callTimeoutMs: number;
  /** An answer that is larger is refused. */
  readonly maxAnswerBytes?: number;
  /** Told when the endpoint in use changes and when a watch breaks; for the log. Must not throw. */
  readonly report?: (reason: Reason) => void;
}

/**
 * etcd's JSON gateway, as little of it as Holdfast needs. Every call keeps its deadline and rejects with a
 * `StoreError`: StoreUnavailableError (no answer that counts; a change may have happened),
 * LeaseNotFoundError, StoreAnswerError, StoreRefusedError. Nothing is repeated that could take effect twice.
 */
export interface Gateway {
  /** The endpoints in the order in which they would be asked now. */
  endpoints(): readonly string[];
  /** Takes over a new list of members; calls under way end on the old one. */
  setEndpoints(endpoints: readonly string[]): void;
  /** Takes over new certificates; calls and watches under way go on with the old ones until their connection ends. */
  setTls(material: TlsMaterial): void;
  range(request: RangeRequest, options?: CallOptions): Promise<RangeAnswer>;
  /** All or nothing. Answers whether the conditions held. */
  txn(compare: readonly TxnCompare[], write: readonly TxnWrite[], options?: CallOptions): Promise<boolean>;
  put(key: string, value: string, lease?: string, options?: CallOptions): Promise<void>;
  leaseGrant(ttlMs: number, options?: CallOptions): Promise<LeaseGrant>;
  leaseKeepAlive(lease: string, options?: CallOptions): Promise<LeaseRenewal>;
  /** Ends the lease and deletes its keys. A lease that is not there is a success. */
  leaseRevoke(lease: string, options?: CallOptions): Promise<void>;
  /**
   * Calls back after a change below the prefix and whenever one may have been missed. Returns how to end it.
   */
  watch(prefix: string, onChange: () => void): () => void;
  memberList(options?: CallOptions): Promise<readonly EtcdMember[]>;
  /** Adds a member that does not vote yet. Answers its id and all members with it. */
  memberAddLearner(peerUrls: readonly string[], options?: CallOptions): Promise<MemberAdded>;
  /** Refused (StoreRefusedError) until the learner has caught up. */
  memberPromote(id: string, options?: CallOptions): Promise<void>;
  memberRemove(id: string, options?: CallOptions): Promise<void>;
  /** What one member says of itself; asks that endpoint only, and checks nothing against other answers. */
  status(endpoint: string, options?: CallOptions): Promise<MemberStatus>;
  /** Makes another member the leader. `endpoint` is the leader's own: any other member refuses (StoreRefusedError). */
  moveLeader(endpoint: string, id: string, options?: CallOptions): Promise<void>;
  /** Does this member see a leader and answer in time? Rejects if it does not answer at all. */
  health(endpoint: string, options?: CallOptions): Promise<boolean>;
  close(): void;
}

const defaultMaxAnswerBytes = 32 * 1024 * 1024;

/**
 * Opens a gateway. Opens no connection before the first call. Throws StoreUnavailableError if `endpoints` is
 * empty.
 */
export function createGateway(options: GatewayOptions): Gateway {
  const { callTimeoutMs, maxAnswerBytes: maxBytes = defaultMaxAnswerBytes } = options;
  const report = options.report ?? (() => undefined);
  const check = createHeaderCheck();
  const router = createRouter({
    endpoints: options.endpoints,
    tls: options.tls,
    callTimeoutMs,
    maxBytes,
    check,
    report,
  });
  const { call, callAt, endpoints, setEndpoints, setTls } = router;
  const watches = new Set<() => void>();

  return {
    endpoints: () => endpoints().map((endpoint) => endpoint.url),
    setEndpoints,
    setTls,
    range: (request, callOptions) => call(calls.rangeCall(request), callOptions),
    txn: (compare, write, callOptions) => call(calls.txnCall(compare, write), callOptions),
    put: (key, value, lease, callOptions) => call(calls.putCall(key, value, lease), callOptions),
    leaseGrant: (ttlMs, callOptions) => call(calls.grantCall(ttlMs), callOptions),
    leaseKeepAlive: (lease, callOptions) => call(calls.keepAliveCall(lease), callOptions),
    async leaseRevoke(lease, callOptions) {
      try {
        await call(calls.revokeCall(lease), callOptions);
      } catch (error) {
        if (!(error instanceof LeaseNotFoundError)) throw error;
      }
    },
    watch(prefix, onChange) {
      const close = openWatch({ prefix, onChange, endpoints, callTimeoutMs, maxBytes, check, report });
      watches.add(close);
      return () => {
        watches.delete(close);
        close();
      };
    },
    memberList: (callOptions) => call(calls.memberListCall, callOptions),
    memberAddLearner: (peerUrls, callOptions) => call(calls.memberAddCall(peerUrls), callOptions),
    memberPromote: (id, callOptions) => call(calls.memberCall('promote', id), callOptions),
    memberRemove: (id, callOptions) => call(calls.memberCall('remove', id), callOptions),
    status: (url, callOptions) => callAt(url, calls.statusCall, callOptions),
    moveLeader: (url, id, callOptions) => callAt(url, calls.moveLeaderCall(id), callOptions),
    health: (url, callOptions) => callAt(url, calls.healthCall, callOptions),
    close() {
      for (const close of watches) close();
      watches.clear();
      router.close();
    },
  };
}

const tryAtEtcdMs = 5_000;

/** Asks etcd one question with these certificates. Rejects with a `StoreError` when it does not answer whoever shows them. */
export async function tryAtEtcd(endpoints: readonly string[], tls: TlsMaterial): Promise<void> {
  const gateway = createGateway({ endpoints, tls, callTimeoutMs: tryAtEtcdMs });
  try {
    await gateway.range({ key: 'holdfast', prefix: false });
  } finally {
    gateway.close();
  }
}
