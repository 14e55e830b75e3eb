import type { InstantMs } from '@holdfast/core';
import {
  asCount,
  asIdentity,
  asList,
  asObject,
  asText,
  encodePrefix,
  encodeText,
  parseHeader,
  parseKeyValue,
  parseMember,
  type AnswerHeader,
  type EtcdMember,
  type JsonObject,
  type KeyValue,
} from './codec.ts';
import type { Interpreted } from './interpret.ts';

export interface RangeRequest {
  /** One key, or every key that begins with it. */
  readonly key: string;
  readonly prefix: boolean;
  /** Answered by one member from what it has, without asking the others: may be old. */
  readonly serializable?: boolean;
  readonly keysOnly?: boolean;
}

export interface RangeAnswer {
  readonly header: AnswerHeader;
  /** Sorted by key, in the order of its bytes. */
  readonly entries: readonly KeyValue[];
}

export type TxnCompare =
  | { readonly key: string; readonly createRevisionIs: number }
  | { readonly key: string; readonly createRevisionIsAbove: number }
  | { readonly key: string; readonly modRevisionIs: number };

export type TxnWrite =
  | { readonly kind: 'put'; readonly key: string; readonly value: string; readonly lease?: string }
  | { readonly kind: 'delete'; readonly key: string };

export interface LeaseGrant {
  readonly lease: string;
  /** What etcd granted: it raises a TTL below one and a half election timeouts without a word. */
  readonly ttlMs: number;
  /** Before the request left: the lease lives at least until `sentAt + ttlMs`. */
  readonly sentAt: InstantMs;
}

export type LeaseRenewal =
  | { readonly state: 'renewed'; readonly ttlMs: number; readonly sentAt: InstantMs }
  /** etcd does not know the lease: expired or revoked. Never told for lack of an answer. */
  | { readonly state: 'gone' };

export interface MemberStatus {
  readonly version: string;
  readonly memberId: string;
  /** `0` while the member knows no leader. */
  readonly leaderId: string;
  readonly raftTerm: number;
  readonly raftIndex: number;
  readonly raftAppliedIndex: number;
  readonly sizeBytes: number;
  readonly isLearner: boolean;
}

export interface MemberAdded {
  readonly id: string;
  readonly members: readonly EtcdMember[];
}

/** One call of etcd's gateway: what is sent, and how the answer is read. */
export interface Call<T> extends Interpreted<T> {
  readonly body: JsonObject;
  /** `once`: it could take effect twice, so it is sent to one endpoint only. */
  readonly kind: 'repeatable' | 'once';
  readonly method?: 'GET' | 'POST';
}

export function rangeCall(request: RangeRequest): Call<RangeAnswer> {
  return {
    path: '/v3/kv/range',
    kind: 'repeatable',
    header: 'checked',
    body: {
      ...(request.prefix ? encodePrefix(request.key) : { key: encodeText(request.key) }),
      serializable: request.serializable === true,
      keys_only: request.keysOnly === true,
    },
    parse: (answer) => {
      if (answer['more'] === true) throw new Error('range is not complete');
      return { header: parseHeader(answer), entries: asList(answer['kvs'], 'kvs').map(parseKeyValue) };
    },
  };
}

export function txnCall(compare: readonly TxnCompare[], write: readonly TxnWrite[]): Call<boolean> {
  return {
    path: '/v3/kv/txn',
    kind: 'once',
    header: 'checked',
    lease: write
      .flatMap((each) => (each.kind === 'put' && each.lease !== undefined ? [each.lease] : []))
      .join(' '),
    body: { compare: compare.map(formatCompare), success: write.map(formatWrite) },
    parse: (answer) => answer['succeeded'] === true,
  };
}

function formatCompare(compare: TxnCompare): JsonObject {
  const key = encodeText(compare.key);
  if ('createRevisionIs' in compare)
    return { key, target: 'CREATE', result: 'EQUAL', create_revision: String(compare.createRevisionIs) };
  if ('createRevisionIsAbove' in compare)
    return {
      key,
      target: 'CREATE',
      result: 'GREATER',
      create_revision: String(compare.createRevisionIsAbove),
    };
  return { key, target: 'MOD', result: 'EQUAL', mod_revision: String(compare.modRevisionIs) };
}

function formatWrite(write: TxnWrite): JsonObject {
  if (write.kind === 'delete') return { request_delete_range: { key: encodeText(write.key) } };
  return { request_put: formatPut(write.key, write.value, write.lease) };
}

function formatPut(key: string, value: string, lease: string | undefined): JsonObject {
  return { key: encodeText(key), value: encodeText(value), ...(lease === undefined ? {} : { lease }) };
}

export function putCall(key: string, value: string, lease: string | undefined): Call<void> {
  return {
    path: '/v3/kv/put',
    kind: 'once',
    header: 'checked',
    ...(lease === undefined ? {} : { lease }),
    body: formatPut(key, value, lease),
    parse: () => undefined,
  };
}

export function grantCall(ttlMs: number): Call<LeaseGrant> {
  return {
    path: '/v3/lease/grant',
    kind: 'once',
    header: 'checked',
    body: { TTL: String(Math.ceil(ttlMs / 1000)) },
    parse: (answer, sentAt) => {
      const ttlS = asCount(answer['TTL'], 'TTL');
      if (ttlS <= 0) throw new Error('lease has no TTL');
      return { lease: asIdentity(answer['ID'], 'ID'), ttlMs: ttlS * 1000, sentAt };
    },
  };
}

export function keepAliveCall(lease: string): Call<LeaseRenewal> {
  return {
    path: '/v3/lease/keepalive',
    kind: 'repeatable',
    header: 'checked',
    stream: true,
    lease,
    body: { ID: lease },
    parse: (answer, sentAt) => {
      if (asIdentity(answer['ID'], 'ID') !== lease) throw new Error('answer is for another lease');
      const ttlS = asCount(answer['TTL'], 'TTL');
      return ttlS > 0 ? { state: 'renewed', ttlMs: ttlS * 1000, sentAt } : { state: 'gone' };
    },
  };
}

export function revokeCall(lease: string): Call<void> {
  return {
    path: '/v3/lease/revoke',
    kind: 'repeatable',
    header: 'checked',
    lease,
    body: { ID: lease },
    parse: () => undefined,
  };
}

export const memberListCall: Call<readonly EtcdMember[]> = {
  path: '/v3/cluster/member/list',
  kind: 'repeatable',
  header: 'checked',
  body: {},
  parse: (answer) => asList(answer['members'], 'members').map(parseMember),
};

export function memberAddCall(peerUrls: readonly string[]): Call<MemberAdded> {
  return {
    path: '/v3/cluster/member/add',
    kind: 'once',
    header: 'checked',
    body: { peerURLs: peerUrls, isLearner: true },
    parse: (answer) => ({
      id: parseMember(answer['member']).id,
      members: asList(answer['members'], 'members').map(parseMember),
    }),
  };
}

export function memberCall(verb: 'promote' | 'remove', id: string): Call<void> {
  return {
    path: `/v3/cluster/member/${verb}`,
    kind: 'once',
    header: 'checked',
    body: { ID: id },
    parse: () => undefined,
  };
}

/** The leader only takes it; it has happened when it is answered. */
export function moveLeaderCall(id: string): Call<void> {
  return {
    path: '/v3/maintenance/transfer-leadership',
    kind: 'once',
    header: 'unchecked',
    body: { targetID: id },
    parse: () => undefined,
  };
}

export const statusCall: Call<MemberStatus> = {
  path: '/v3/maintenance/status',
  kind: 'repeatable',
  header: 'unchecked',
  body: {},
  parse: (answer) => ({
    version: asText(answer['version'], 'version'),
    memberId: asIdentity(asObject(answer['header'], 'header')['member_id'], 'member_id'),
    leaderId: asIdentity(answer['leader'], 'leader'),
    raftTerm: asCount(answer['raftTerm'], 'raftTerm'),
    raftIndex: asCount(answer['raftIndex'], 'raftIndex'),
    raftAppliedIndex: asCount(answer['raftAppliedIndex'], 'raftAppliedIndex'),
    sizeBytes: asCount(answer['dbSize'], 'dbSize'),
    isLearner: answer['isLearner'] === true,
  }),
};

/** An unhealthy member answers 503 with the same body. */
export const healthCall: Call<boolean> = {
  path: '/health',
  method: 'GET',
  kind: 'repeatable',
  header: 'unchecked',
  anyStatus: true,
  body: {},
  parse: (answer) => answer['health'] === 'true' || answer['health'] === true,
};
